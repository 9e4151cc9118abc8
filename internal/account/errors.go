package account

import (
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/gotd/td/exchange"
	"github.com/gotd/td/tgerr"
)

var (
	// ErrUnauthorized says that nobody is logged in with the session.
	ErrUnauthorized = errors.New("not logged in")
	// ErrRevoked says that Telegram has ended the session for good: it was
	// terminated on another device, used twice, or the account is gone.
	ErrRevoked = errors.New("logged out by Telegram")
	// ErrInUse says that another process has the session file.
	ErrInUse = errors.New("in use by another process")
	// ErrWrongKey says that the server has another key than the configured one.
	ErrWrongKey = errors.New("the server has another key")
	// ErrUnreachable says that Login did not get through to the server.
	ErrUnreachable = errors.New("the server cannot be reached")
	// ErrNoInput says that the input ended where an answer was wanted.
	ErrNoInput = errors.New("the input ended before an answer came")

	// ErrNotConnected is the error of a request that found no connection, or
	// lost it; what it asked for may then be done or not, and its text says so.
	ErrNotConnected error = &localError{&tgerr.Error{Type: "NOT_CONNECTED", Message: "not connected to Telegram"}}
	// ErrTimeout is the error of a request that was sent and not answered in
	// time. Telegram may have carried it out.
	ErrTimeout error = &localError{&tgerr.Error{Type: "TIMEOUT", Message: "no answer from Telegram in time"}}

	// errInterrupted is an ErrNotConnected for a request that had arrived.
	errInterrupted error = &localError{&tgerr.Error{
		Type:    "NOT_CONNECTED",
		Message: "the connection broke before the answer came: Telegram may have done what was asked",
	}}
)

// localError is an error that this side makes, in the form of Telegram's, which
// is the form in which a script gets it: its type is a word in capitals, and
// its message explains.
type localError struct{ rpc *tgerr.Error }

// Error is the explanation.
func (e *localError) Error() string { return e.rpc.Message }

// Unwrap gives the form, for tgerr.As.
func (e *localError) Unwrap() error { return e.rpc }

// Is makes all errors of one type the same, however they explain themselves.
func (e *localError) Is(target error) bool {
	other, ok := target.(*localError)
	return ok && e.rpc.Type == other.rpc.Type
}

func errBotMayNot(method string) error {
	return &localError{&tgerr.Error{
		Code: 400, Type: "BOT_METHOD_INVALID",
		Message: method + " is for users only, and this account is a bot: calls need an account with a phone",
	}}
}

// revoked reports whether err says that the session is of no use any more.
// https://core.telegram.org/api/errors
func revoked(err error) bool {
	return tgerr.IsCode(err, 401, 406) && tgerr.Is(err,
		"AUTH_KEY_UNREGISTERED", "AUTH_KEY_INVALID", "AUTH_KEY_DUPLICATED",
		"SESSION_REVOKED", "SESSION_EXPIRED", "USER_DEACTIVATED", "USER_DEACTIVATED_BAN")
}

func (a *Account) errRevoked(err error) error {
	kind := "the session was ended"
	if rpc, ok := tgerr.As(err); ok {
		kind = rpc.Type
	}
	return fmt.Errorf("%w (%s): log in again: luahost login %s", ErrRevoked, kind, a.opts.Name)
}

func (a *Account) errUnauthorized() error {
	return fmt.Errorf("%w: run luahost login %s first", ErrUnauthorized, a.opts.Name)
}

func (a *Account) errUnknownKey(path string) error {
	return fmt.Errorf("%w: the server does not know the session file %s: "+
		"if it is another server than before, give it another data folder; then run luahost login %s",
		ErrUnauthorized, path, a.opts.Name)
}

// explain turns what ends a connection for good into one line for a person.
func (a *Account) explain(err error) error {
	switch {
	case errors.Is(err, exchange.ErrKeyFingerprintNotFound) && a.opts.Server != "":
		return fmt.Errorf("%w than server_key says: get the public key of %s anew", ErrWrongKey, a.opts.Server)
	case errors.Is(err, exchange.ErrKeyFingerprintNotFound):
		return fmt.Errorf("%w than Telegram's: what answers is not Telegram, or this luahost is too old", ErrWrongKey)
	case revoked(err):
		return a.errRevoked(err)
	case err != nil:
		return plain(err)
	}
	return nil
}

// cause is the innermost network error of err, which says all that a person
// wants to know, or err.
func cause(err error) error {
	var network *net.OpError
	switch {
	case errors.As(err, &network):
		return network
	case errors.Is(err, io.EOF):
		return errors.New("the server closed the connection")
	default:
		return plain(err)
	}
}

// plain is an error of gotd's that shows its text alone. Where it is printed at
// length, as slog does, it would show its stack, in files of the machine that
// built luahost.
func plain(err error) error { return fmt.Errorf("%w", err) }
