package http

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/clip"
)

const (
	maxRedirects     = 5
	maxAnswerHeaders = 64 << 10 // bytes
)

// answer is what a server said.
type answer struct {
	status int
	url    *url.URL // that answered
	header http.Header
	body   string
}

// block makes a request with the VM's lock released, and tells of it.
func (m *module) block(L *lua.LState, r *outgoing) (*answer, error) {
	var a *answer
	var err error
	loading := m.rt.Block(L, func(ctx context.Context) {
		began := m.rt.Clock().Now()
		done := Request{Function: r.function, Line: r.line, Method: r.method}
		e := &exchange{module: m, r: r, rules: m.rules()}
		a, err = e.run(ctx)
		done.Host, done.Path = r.url.Host, cutPath(r.url.Path)
		if a != nil {
			done.Status, done.Size, done.Host, done.Path = a.status, len(a.body), a.url.Host, cutPath(a.url.Path)
		}
		done.Took, done.Err = m.rt.Clock().Now().Sub(began), err
		if m.Done != nil {
			m.Done(ctx, done)
		}
	})
	if loading != nil {
		L.RaiseError("%s: %v", r.function, loading)
	}
	return a, err
}

// cutPath is a path as others may see it. Where a service takes its token in the
// path, it is a long part of it.
func cutPath(path string) string {
	const most, shown = 20, 4
	parts := strings.Split(short(path), "/")
	for i, part := range parts {
		if len(part) > most {
			parts[i] = clip.Text(part, shown)
		}
	}
	return strings.Join(parts, "/")
}

// rules are those of the VM's script.
func (m *module) rules() (rules []rule) {
	if m.Hosts == nil {
		return nil
	}
	for _, entry := range m.Hosts(m.rt.Script()) {
		if r, err := parseRule(entry); err == nil {
			rules = append(rules, r)
		}
	}
	return rules
}

// exchange is one request at work, with its redirects.
type exchange struct {
	*module
	r     *outgoing
	rules []rule
}

// errTimeout is why a request's context ends when its time is over.
var errTimeout = errors.New("the time is over")

// run gives the answer, or a *tgerr.Error.
func (e *exchange) run(ctx context.Context) (*answer, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timer := e.rt.Clock().AfterFunc(e.r.timeout, func() { cancel(errTimeout) })
	defer timer.Stop()
	a, err := e.follow(ctx)
	if err != nil {
		return nil, e.fault(ctx, err)
	}
	return a, nil
}

// follow makes the request and those that redirects ask for.
func (e *exchange) follow(ctx context.Context) (*answer, error) {
	if err := e.allowed(e.r.url); err != nil {
		return nil, err // without waiting for its turn
	}
	select {
	case e.slots <- struct{}{}:
		defer func() { <-e.slots }()
	case <-ctx.Done():
		return nil, errBusy
	}
	r := *e.r
	for hop := 0; ; hop++ {
		a, next, err := e.hop(ctx, &r)
		if err != nil || next == nil {
			return a, err
		}
		if hop == maxRedirects {
			return nil, refusedRedirect("%s sends on more than %d times", e.r.url.Host, maxRedirects)
		}
		if r, err = r.redirected(next, a.status); err != nil {
			return nil, err
		}
		if err := e.allowed(r.url); err != nil {
			return nil, refusedRedirect("%s sends on to a host that is not allowed: %s", e.r.url.Host, words(err))
		}
	}
}

// hop makes one request. next is where a redirect leads.
func (e *exchange) hop(ctx context.Context, r *outgoing) (a *answer, next *url.URL, err error) {
	request := (&http.Request{ // of the URL that was checked, not of its text, which would be read again
		Method: r.method, URL: r.url, Header: r.header.Clone(), ContentLength: int64(len(r.body)), Body: http.NoBody,
	}).WithContext(ctx)
	if r.body != "" {
		request.Body = io.NopCloser(strings.NewReader(r.body))
	}
	if request.Header.Get("User-Agent") == "" {
		request.Header.Set("User-Agent", e.UserAgent)
	}
	if user := r.url.User; user != nil {
		password, _ := user.Password()
		request.SetBasicAuth(user.Username(), password)
	}
	answered, err := e.transport(r.url).RoundTrip(request)
	if err != nil {
		return nil, nil, err
	}
	defer answered.Body.Close()
	if answered.StatusCode == http.StatusSwitchingProtocols {
		return nil, nil, errors.New("the server speaks another protocol")
	}
	a = &answer{status: answered.StatusCode, url: r.url, header: answered.Header}
	if to := answered.Header.Get("Location"); to != "" && isRedirect(a.status) {
		if next, err = r.url.Parse(to); err != nil {
			return nil, nil, refusedRedirect("%s sends on to something that is no URL", r.url.Host)
		}
		return a, next, nil
	}
	a.body, err = e.body(answered)
	return a, nil, err
}

// body reads an answer's body, unpacked.
func (e *exchange) body(answered *http.Response) (string, error) {
	if answered.ContentLength > int64(e.MaxSize) && answered.Request.Method != http.MethodHead {
		return "", errTooLarge
	}
	var text strings.Builder
	n, err := io.Copy(&text, io.LimitReader(answered.Body, int64(e.MaxSize)+1))
	if n > int64(e.MaxSize) {
		return "", errTooLarge
	}
	return text.String(), err
}

// transport makes one for a single request to u: nothing that one script was
// allowed can be used by another.
func (e *exchange) transport(u *url.URL) *http.Transport {
	dialer := net.Dialer{Resolver: e.Resolver, KeepAlive: -1, ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
		return e.permits(u, address)
	}}
	return &http.Transport{
		DialContext:            dialer.DialContext, // Proxy is nil: the environment's does not count
		TLSClientConfig:        &tls.Config{RootCAs: e.Roots, MinVersion: tls.VersionTLS12},
		DisableKeepAlives:      true,
		MaxResponseHeaderBytes: maxAnswerHeaders,
	}
}

// allowed says whether a rule is for u.
func (e *exchange) allowed(u *url.URL) error {
	if slices.ContainsFunc(e.rules, func(r rule) bool { return r.match(u) }) {
		return nil
	}
	return e.notAllowed(u, netip.Addr{})
}

// permits says whether u may be at an address, which is about to be dialed.
func (e *exchange) permits(u *url.URL, address string) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	for _, r := range e.rules {
		if r.match(u) && r.permits(at.Addr()) {
			return nil
		}
	}
	return e.notAllowed(u, at.Addr())
}

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// shared are the headers that go along to another origin, too. What else a script
// gives may be a secret between it and the first.
var shared = []string{"Accept", "Accept-Language", "Content-Type", "User-Agent"}

// redirected is r as a server sends it on: https://fetch.spec.whatwg.org/#http-redirect-fetch.
func (r outgoing) redirected(to *url.URL, status int) (outgoing, error) {
	from := r.url
	next, err := parseURL(to.String())
	if err != nil {
		return r, refusedRedirect("%s sends on to a URL that is refused: %v", from.Host, err)
	}
	if from.Scheme == "https" && next.Scheme == "http" {
		return r, refusedRedirect("%s sends on from https to http", from.Host)
	}
	next.User = nil
	r.url = next
	r.header = r.header.Clone()
	if status == http.StatusSeeOther && r.method != http.MethodHead || status < http.StatusSeeOther && r.method == http.MethodPost {
		r.method, r.body = http.MethodGet, ""
		r.header.Del("Content-Type")
	}
	if origin(from) != origin(next) {
		for name := range r.header {
			if !slices.Contains(shared, name) {
				r.header.Del(name)
			}
		}
	} else {
		next.User = from.User
	}
	return r, nil
}

func origin(u *url.URL) string {
	return u.Scheme + "://" + net.JoinHostPort(normal(u.Hostname()), cmp.Or(u.Port(), defaultPort(u)))
}

// validHost says whether a URL's host is one that a rule can be for, in a
// spelling that everybody reads alike.
func validHost(u *url.URL) bool {
	if port := u.Port(); strings.HasSuffix(u.Host, ":") || port != "" && !validPort(port) {
		return false
	}
	if addr, err := netip.ParseAddr(u.Hostname()); err == nil {
		return addr.Zone() == ""
	}
	return len(u.Host) <= 255 && hostName.MatchString(normal(u.Hostname()))
}
