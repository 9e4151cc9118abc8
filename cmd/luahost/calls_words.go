package main

import (
	"fmt"
	"strings"
	"time"

	"luahost/internal/store"
)

// The words for a call that calls and trace share.

// who is the other side: all that Telegram showed of it.
func who(c store.Call) string {
	var words []string
	if c.Name != "" {
		words = append(words, c.Name)
	}
	if c.Username != "" {
		words = append(words, "@"+c.Username)
	}
	if c.Phone != "" {
		words = append(words, "+"+c.Phone)
	}
	if len(words) == 0 {
		words = append(words, fmt.Sprintf("user %d", c.Peer))
	}
	return printable(strings.Join(words, " "))
}

// kind is what is unusual about the call: most are incoming and without video.
func kind(c store.Call) string {
	switch {
	case c.Incoming && c.Video:
		return "video"
	case c.Incoming:
		return ""
	case c.Video:
		return "out, video"
	default:
		return "out"
	}
}

// ended says how, or how far it is.
func ended(c store.Call) string {
	switch {
	case c.Outcome != "":
		return strings.ReplaceAll(c.Outcome, "_", " ")
	case c.State == store.Ended:
		return "…"
	default:
		return c.State + "…"
	}
}

// endedStyle colours what a person looks for: who was missed, what went wrong.
func endedStyle(c store.Call) string {
	switch c.Outcome {
	case "answered":
		return green
	case "missed":
		return yellow
	case "failed", "interrupted", "disconnected":
		return red
	case "":
		return cyan
	default:
		return ""
	}
}

// decider is whose line decided, or "" when nobody did. Where there is a rule's
// name, its place may be left out.
func decider(c store.Call, withPlace bool) string {
	text := decidedBy(c)
	if c.Rule != "" && !withPlace {
		text = printable(c.Rule)
	}
	if c.Decision == "ignore" {
		text = strings.TrimSpace("ignored by " + text) // its outcome does not tell
	}
	return text
}

func decidedBy(c store.Call) string {
	text, place := c.Rule, ""
	if c.Script != "" {
		place = fmt.Sprintf("%s:%d", c.Script, c.Line)
	}
	switch {
	case text == "":
		text = place
	case place != "":
		text += " (" + place + ")"
	}
	return printable(text)
}

// length is a time between events for a person: from a minute as on a phone's
// display.
func length(d time.Duration) string {
	switch {
	case d <= 0:
		return ""
	case d < time.Second:
		return fmt.Sprintf("%d ms", max(1, d.Milliseconds()))
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", d.Truncate(time.Second).Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%d:%02d", d/time.Minute, d/time.Second%60)
	default:
		return fmt.Sprintf("%d:%02d:%02d", d/time.Hour, d/time.Minute%60, d/time.Second%60)
	}
}
