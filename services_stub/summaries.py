"""The one-line help of every command of `services_stub.cli`, apart from it so that listing commands loads none."""

SUMMARIES = {
    "up": "Start a marketplace, and keep it alive until Ctrl-C.",
    "down": "End the marketplace; return when its last process is gone.",
    "doctor": "Say what is wrong with this machine, and what to do.",
    "status": "Say what runs, and whether it is ready.",
    "logs": "Show the logs of the processes.",
    "rebuild": "Build the index of the search anew from the topics.",
    "mail": "List the messages that were sent, or show one.",
    "diagram": "Draw the services, their calls and their topics.",
    "schemas": "Export the published contracts.",
    "kafka": "Decode what was captured of Kafka's protocol.",
}
