package tl

import (
	"strings"
)

// usage gives a method as Telegram's documentation shows it for Lua, with what
// must be given in the table and what may be after it:
//
//	Updates = phone.discardCall({peer=InputPhoneCall, duration=int, reason=PhoneCallDiscardReason, connection_id=long, }) -- optional: video=true
func (p *plan) usage() string {
	var b, optional strings.Builder
	b.WriteString(inBraces(p.result) + " = " + p.name + "({")
	for i := range p.fields {
		f := &p.fields[i]
		text := f.name + "=" + inBraces(f.typ.name)
		if f.mustBeGiven() {
			b.WriteString(text + ", ")
			continue
		}
		if optional.Len() > 0 {
			optional.WriteString(", ")
		}
		optional.WriteString(text)
	}
	b.WriteString("})")
	if optional.Len() > 0 {
		b.WriteString(" -- optional: " + optional.String())
	}
	return b.String()
}

// inBraces writes Vector<User> as {User}.
func inBraces(typeName string) string {
	if elem, ok := vectorOf(typeName); ok {
		return "{" + inBraces(elem) + "}"
	}
	return typeName
}
