"""The one-line help of every command of `simulator.cli`, apart from it so that listing commands loads none."""

SUMMARIES = {
    "demo": "Watch a purchase travel: a marketplace for a few seconds.",
    "trace": "Follow events through topics and services, as flows.",
    "simulate": "Load a marketplace from one seed, and judge it.",
}
