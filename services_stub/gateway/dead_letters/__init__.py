"""Dead letters for admins: read from their topics on request, sent again or discarded, each act an event of its own.

Nothing is kept beside the topics: the state of a dead letter follows from the events about it.
"""
