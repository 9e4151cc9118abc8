package account

import (
	"errors"
	"fmt"
	"net"
	"testing"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

func TestWhichRequestsMayBeRepeated(t *testing.T) {
	for want, requests := range map[bool][]bin.Encoder{
		true: {
			&tg.UsersGetUsersRequest{}, &tg.MessagesSearchRequest{}, &tg.ContactsResolvePhoneRequest{},
			&tg.MessagesSendMessageRequest{}, &tg.MessagesForwardMessagesRequest{}, &tg.PhoneRequestCallRequest{},
			&tg.PhoneDiscardCallRequest{}, &tg.ContactsBlockRequest{},
		},
		false: {
			&tg.PhoneAcceptCallRequest{}, &tg.PhoneSendSignalingDataRequest{}, &tg.AuthSendCodeRequest{},
			&tg.MessagesCreateChatRequest{}, &tg.AccountDeleteAccountRequest{}, &tg.AuthExportLoginTokenRequest{},
		},
	} {
		for _, r := range requests {
			if mayRepeat(r) != want {
				t.Errorf("%T: %v", r, !want)
			}
		}
	}
}

func TestWhichErrorsPass(t *testing.T) {
	for want, errs := range map[bool][]error{
		true: {
			tgerr.New(500, "INTERNAL"), tgerr.New(-503, "Timeout"), tgerr.New(500, "RPC_CALL_FAIL"), errInterrupted,
			fmt.Errorf("send: %w", tgerr.New(500, "INTERNAL")),
		},
		false: {
			nil, tgerr.New(500, "CALL_OCCUPY_FAILED"), tgerr.New(500, "RANDOM_ID_DUPLICATE"), tgerr.New(400, "CALL_PEER_INVALID"),
			ErrNotConnected, ErrTimeout, errors.New("no idea"),
		},
	} {
		for _, err := range errs {
			if hitch(err) != want {
				t.Errorf("%v: %v", err, !want)
			}
		}
	}
}

// What gotd says of a request that did not get through.
func TestWhichRequestsWereNotSent(t *testing.T) {
	for want, errs := range map[bool][]error{
		true: {
			fmt.Errorf("send: %w", &net.OpError{Op: "write", Err: errors.New("broken pipe")}),
			fmt.Errorf("reset write deadline: %w", &net.OpError{Op: "set", Err: net.ErrClosed}),
		},
		false: {nil, errInterrupted, &net.OpError{Op: "dial"}, &net.OpError{Op: "read"}},
	} {
		for _, err := range errs {
			if unsent(err) != want {
				t.Errorf("%v: %v", err, !want)
			}
		}
	}
	if misdated(nil) || misdated(errInterrupted) || !misdated(errors.New("rpcDoRequest: msg_id too high")) {
		t.Error("a refusal for the time is not told from others")
	}
}
