"""Deliberately broken services: patches that are applied when a marketplace starts, and what the auditor must say."""
