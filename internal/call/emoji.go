package call

func emojisOf(key, half []byte) []string { return nil }
