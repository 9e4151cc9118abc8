package webhook

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// refusal is an answer other than 202: a status, and a line that says why to
// whoever set the other program up.
type refusal struct {
	status int
	text   string
}

// serve answers one request. Nothing that Dispatch does gets past it.
func (s *Server) serve(ctx context.Context, w http.ResponseWriter, r *http.Request) {
	defer func() {
		if p := recover(); p != nil {
			s.Log.Error("web hook failed", "error", p, "traceback", string(debug.Stack()))
			s.refuse(w, r, &refusal{http.StatusInternalServerError, "luahost failed; its log says how"})
		}
	}()
	began := time.Now()
	handlers, no := s.take(ctx, w, r)
	if no != nil {
		s.refuse(w, r, no)
		return
	}
	s.Log.Info("web hook", "name", hookName(r), "method", r.Method, "handlers", handlers, "took", time.Since(began))
	answer(w, http.StatusAccepted, fmt.Sprintf("handlers started: %d", handlers))
}

// take checks a request, from what anybody may know to what only a friend may,
// and makes an event of it.
func (s *Server) take(ctx context.Context, w http.ResponseWriter, r *http.Request) (int, *refusal) {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	default:
		return 0, &refusal{http.StatusServiceUnavailable, "too many requests at a time"}
	}
	name := hookName(r)
	switch {
	case !isLocal(r.Host):
		return 0, &refusal{http.StatusMisdirectedRequest, "the Host header has to name this machine, such as " + s.listen.String() + "; have a proxy set it"}
	case !s.authorized(r):
		return 0, &refusal{http.StatusUnauthorized, "send the header Authorization: Bearer TOKEN, with the token of the configuration"}
	case CheckName(name) != nil:
		return 0, &refusal{http.StatusNotFound, "ask for /hooks/NAME: " + CheckName(name).Error()}
	case r.Method != http.MethodGet && r.Method != http.MethodPost:
		w.Header().Set("Allow", "GET, POST")
		return 0, &refusal{http.StatusMethodNotAllowed, "send GET or POST"}
	case !s.rate.Allow():
		return 0, &refusal{http.StatusTooManyRequests, fmt.Sprintf("more than %d hooks a second", s.PerSecond)}
	}
	body, no := s.body(w, r)
	if no != nil {
		return 0, no
	}
	header := r.Header.Clone()
	header.Del("Authorization")
	handlers := s.Dispatch(ctx, name, Request{Name: name, Method: r.Method, Query: r.URL.Query(), Header: header, Body: body})
	switch {
	case handlers < 0:
		return 0, &refusal{http.StatusServiceUnavailable, "the scripts have too much to do"}
	case handlers == 0:
		return 0, &refusal{http.StatusNotFound, fmt.Sprintf("no loaded script waits for it with on(\"http.%s\")", name)}
	}
	return handlers, nil
}

// hookName is NAME of /hooks/NAME, or "".
func hookName(r *http.Request) string {
	name, _ := strings.CutPrefix(r.URL.Path, "/hooks/")
	if len(name) == len(r.URL.Path) {
		return ""
	}
	return name
}

// isLocal says whether a Host header names the loopback interface. A page in a
// browser whose name was made to resolve to 127.0.0.1 sends its own.
func isLocal(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// authorized compares digests, in a time that tells nothing of the token.
func (s *Server) authorized(r *http.Request) bool {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	given := sha256.Sum256([]byte(strings.TrimSpace(token)))
	return subtle.ConstantTimeCompare(given[:], s.token[:]) == 1 && strings.EqualFold(scheme, "Bearer")
}

func (s *Server) body(w http.ResponseWriter, r *http.Request) (string, *refusal) {
	tooLarge := &refusal{http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is longer than %d bytes", s.MaxBody)}
	if r.ContentLength > s.MaxBody {
		return "", tooLarge
	}
	var text strings.Builder
	_, err := io.Copy(&text, http.MaxBytesReader(w, r.Body, s.MaxBody))
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return "", tooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "", &refusal{http.StatusRequestTimeout, "the body did not come in time"}
	case err != nil:
		return "", &refusal{http.StatusBadRequest, "the body broke off"}
	}
	return text.String(), nil
}

// refuse answers with a refusal and ends the connection: what is left of a body
// is not read.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, no *refusal) {
	s.refused.log(s.Log, r, no)
	switch no.status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer realm="luahost"`)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "1")
	}
	w.Header().Set("Connection", "close")
	answer(w, no.status, no.text)
}

func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n") // whoever does not read it has gone
}

// refusals are logged now and then, so that a stranger who knocks all day does
// not fill the log. Neither path nor headers are: a token may be in them.
type refusals struct {
	mu     sync.Mutex
	some   rate.Sometimes
	hidden int // since the last line
}

func (f *refusals) log(log *slog.Logger, r *http.Request, no *refusal) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.some.First, f.some.Interval = 3, 10*time.Second
	f.hidden++
	f.some.Do(func() {
		log.Warn("web hook refused", "status", no.status, "reason", no.text, "times", f.hidden)
		f.hidden = 0
	})
}
