"""Text to tree: source, diagnostics, tree, parser. Knows no verb."""
