"""Text in Markdown."""


def escaped_markdown(text: str) -> str:
    """Escape text for Markdown, on one line."""
    for letter in ("\\", "|", "*", "_", "`", "[", "]", "$"):
        text = text.replace(letter, f"\\{letter}")
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("\n", " ")
