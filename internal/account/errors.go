package account

import "errors"

var (
	// ErrUnauthorized says that nobody is logged in with the session.
	ErrUnauthorized = errors.New("not logged in")
	// ErrRevoked says that Telegram ended the session for good.
	ErrRevoked = errors.New("the session was ended")
	// ErrNotConnected says that a request was not sent: there is no connection.
	ErrNotConnected = errors.New("not connected to Telegram")
	// ErrTimeout says that a request was sent and no answer came in time.
	ErrTimeout = errors.New("no answer from Telegram in time")
)
