"""守望 (shouwang): how a county keeps households from falling back into poverty."""
