"""No form is lost: what was typed is kept and put back."""
