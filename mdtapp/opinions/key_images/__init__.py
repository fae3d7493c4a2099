"""Key images: the pictures a panel points at, shown in the meeting and printed in the opinion."""
