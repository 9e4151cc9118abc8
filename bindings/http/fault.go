package http

import (
	"compress/flate"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"syscall"

	"github.com/gotd/td/tgerr"

	"luahost/internal/clip"
)

var (
	errTooLarge = errors.New("the answer is too large")
	errBusy     = errors.New("no request could be made in time")
)

// refusal makes an error of the host's.
func refusal(typ, format string, args ...any) *tgerr.Error {
	return &tgerr.Error{Type: typ, Message: fmt.Sprintf(format, args...)}
}

func refusedRedirect(format string, args ...any) *tgerr.Error {
	return refusal("REDIRECT_REFUSED", format, args...)
}

// notAllowed says what the configuration would have to have. at is the address
// that is refused to a host which is allowed, else it is not valid.
func (e *exchange) notAllowed(u *url.URL, at netip.Addr) error {
	script := e.rt.Script()
	switch {
	case !at.IsValid():
		return refusal("HOST_NOT_ALLOWED", "%s may not reach %s; %s", script, u.Host, allowing(u, "", script))
	case classOf(at) == private:
		return refusal("HOST_NOT_ALLOWED", "%s may not reach %s at %s, which is no public address; %s", script, u.Host, at, allowing(u, "private:", script))
	default:
		return refusal("HOST_NOT_ALLOWED", "%s may not reach %s at %s, which is the address of nobody", script, u.Host, at)
	}
}

func allowing(u *url.URL, private, script string) string {
	return fmt.Sprintf("to allow it, add %q to hosts under [http] in the configuration, or to hosts of the [[script]] %q if it has its own, and start luahost again", private+entry(u), script)
}

// words is the text of an error as a person reads it.
func words(err error) string {
	if e, ok := tgerr.As(err); ok {
		return e.Type + ": " + e.Message
	}
	return err.Error()
}

// fault makes of what went wrong an error for scripts. Its text has no more of
// the URL than the host.
func (e *exchange) fault(ctx context.Context, err error) error {
	if known, ok := tgerr.As(err); ok {
		return known
	}
	host := e.r.url.Host
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errTimeout) && errors.Is(err, errBusy):
		return refusal("TIMEOUT", "other requests of the script took all of the %v: it makes %d at a time", e.r.timeout, e.InFlight)
	case errors.Is(cause, errTimeout), errors.Is(cause, context.DeadlineExceeded):
		return refusal("TIMEOUT", "%s did not answer in full within %v", host, e.r.timeout)
	case cause != nil:
		return refusal("CANCELLED", "the handler was ended while it waited for %s", host)
	case errors.Is(err, errTooLarge):
		return refusal("TOO_LARGE", "the answer of %s is longer than %d bytes", host, e.MaxSize)
	case strings.Contains(err.Error(), "server response headers exceeded"): // net/http has no name for it
		return refusal("TOO_LARGE", "the headers of the answer of %s are longer than %d bytes", host, maxAnswerHeaders)
	}
	if reason, ok := tlsReason(err); ok {
		return refusal("TLS_FAILED", "%s cannot be trusted: %s", host, reason)
	}
	if reason, ok := networkReason(err); ok {
		return refusal("NOT_CONNECTED", "%s: %s", host, reason)
	}
	return refusal("INVALID_ANSWER", "%s answered something that is not HTTP: %s", host, short(err.Error()))
}

// tlsReason says why a server could not prove who it is.
func tlsReason(err error) (string, bool) {
	var verification *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var hostname x509.HostnameError
	switch {
	case errors.As(err, &hostname):
		return "its certificate is for another name", true
	case errors.As(err, &verification):
		return verification.Err.Error(), true
	case errors.As(err, &record):
		return "it speaks no TLS on that port", true
	case errors.As(err, &alert):
		return alert.Error(), true
	}
	return "", strings.Contains(err.Error(), "tls: ")
}

// networkReason says why there was no connection, or no more.
func networkReason(err error) (string, bool) {
	var dns *net.DNSError
	var op *net.OpError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return "no address is known for that name", true
	case errors.As(err, &dns):
		return "its address could not be found out: " + dns.Err, true
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens there", true
	case errors.As(err, &op):
		return op.Err.Error(), true
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.As(err, new(flate.CorruptInputError)):
		return "", false
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, net.ErrClosed):
		return "it broke off", true
	}
	return "", false
}

// short bounds what a server's words put into an error.
func short(text string) string { return clip.Text(strings.ToValidUTF8(text, ""), 200) }
