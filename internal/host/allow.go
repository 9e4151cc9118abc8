package host

import (
	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	lua "github.com/yuin/gopher-lua"

	"luahost/internal/script"
)

// notAllowed is the type of the error that a script gets for what the
// configuration does not allow it.
const notAllowed = "NOT_ALLOWED"

// allowed judges a script's request before anything of it is looked up or sent.
func (h *Host) allowed(L *lua.LState, method string, args bin.Object) error {
	name := script.RuntimeOf(L).Script()
	if err := h.allow.Check(name, method); err != nil {
		return refused(err)
	}
	for _, part := range guarded(args) {
		if err := h.allow.Check(name, method+"."+part); err != nil {
			return refused(err)
		}
	}
	return nil
}

func refused(err error) error {
	return &tgerr.Error{Type: notAllowed, Message: err.Error()}
}

// guarded names what of a request needs a permission of its own, as
// internal/permission lists it: what spends money, or gives a phone number away.
func guarded(args bin.Object) (parts []string) {
	if r, ok := args.(interface{ GetAllowPaidStars() (int64, bool) }); ok && sends(args) {
		if _, given := r.GetAllowPaidStars(); given {
			parts = append(parts, "allow_paid_stars")
		}
	}
	if r, ok := args.(interface {
		GetSuggestedPost() (tg.SuggestedPost, bool)
	}); ok && sends(args) {
		if _, given := r.GetSuggestedPost(); given { // which costs what it offers
			parts = append(parts, "suggested_post")
		}
	}
	switch r := args.(type) {
	case *tg.MessagesSendMediaRequest:
		if _, stake := r.Media.(*tg.InputMediaStakeDice); stake {
			parts = append(parts, "inputMediaStakeDice")
		}
	case *tg.ContactsAddContactRequest:
		if r.AddPhonePrivacyException {
			parts = append(parts, "add_phone_privacy_exception")
		}
	}
	return parts
}

// sends reports whether the request is one of those that scripts may send by
// default although a field of it spends money.
func sends(args bin.Object) bool {
	switch args.(type) {
	case *tg.MessagesSendMessageRequest, *tg.MessagesSendMediaRequest, *tg.MessagesSendMultiMediaRequest, *tg.MessagesForwardMessagesRequest:
		return true
	}
	return false
}
