"""What a study is: its file, texts, sounds, checks and trial orders."""
