"""What a participant's browser talks to: the page, its player and the JSON endpoints behind them."""
