"""The one-line help of the commands of `marketplace_tui.commands`, apart from it so that listing them loads none."""

SUMMARIES = {
    "shop": "Search, buy, and look after orders and messages.",
    "seller": "Look at sales, change products, ship orders.",
    "admin": "Look at everything, block, refund, disturb.",
    "dead-letters": "Look at records that could not be handled, send them again.",
}

TOUR = "See a purchase, a race and a block happen, step by step."
