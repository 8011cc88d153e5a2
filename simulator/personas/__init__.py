"""Personas: who comes to the marketplace, as steps and the choices between them. Nothing here knows HTTP."""

from simulator.personas.actions import Action
from simulator.personas.personas import PERSONAS, Persona
from simulator.personas.visit import Visit

__all__ = ["PERSONAS", "Action", "Persona", "Visit"]
