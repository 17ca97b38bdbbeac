"""Renderings of a review: for a terminal, as Markdown, as JSON, as one HTML page."""
