package http

import (
	"maps"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/json"
	"luahost/bindings/manual"
	"luahost/internal/sandbox"
	"luahost/internal/script"
)

// methods are those that a script may use.
var methods = []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}

var options = manual.Params{
	{Name: "headers", Type: headersType(), Optional: true, Doc: "names and values; those that frame the request are set by the host"},
	{Name: "query", Type: fieldsType(), Optional: true, Doc: "fields that follow the `?` of the URL, escaped; a list for a field that comes several times"},
	{Name: "timeout", Type: manual.Duration(), Optional: true, Doc: "for all of it, with redirects and the body; at most what the configuration says (30 s)"},
}

// contents are the forms of a body that are no string.
var contents = manual.Params{
	{Name: "json", Type: anything(), Optional: true, Doc: "a value, sent as `json.encode` writes it"},
	{Name: "form", Type: fieldsType(), Optional: true, Doc: "fields, sent as a web form"},
}

func wholeRequest() manual.Params {
	return slices.Concat(manual.Params{
		{Name: "method", Type: manual.OneOf(methods...), Optional: true, Doc: "else `GET`, or `POST` where there is a body"},
		{Name: "url", Type: urlType(), Doc: "`https://…` or `http://…`"},
		{Name: "body", Type: bodyType(), Optional: true, Doc: "a string"},
	}, contents, options)
}

// bytesPaid is how many bytes of a request or an answer cost a script an instruction.
const bytesPaid = 64

// outgoing is a request that a script makes.
type outgoing struct {
	function string
	line     int
	method   string
	url      *url.URL
	header   http.Header // that the script gave, and the content type of the body
	body     string
	timeout  time.Duration
}

func (m *module) get(L *lua.LState, args manual.Values) int {
	return m.do(L, "get", manual.Get[manual.Values](args, "options"), args, nil)
}

func (m *module) post(L *lua.LState, args manual.Values) int {
	return m.do(L, "post", manual.Get[manual.Values](args, "options"), args, args["body"])
}

func (m *module) request(L *lua.LState, args manual.Values) int {
	all := manual.Get[manual.Values](args, "request")
	body := all["body"]
	given := 0
	for _, name := range append(contents.Names(), "body") {
		if _, ok := all[name]; ok {
			given++
		}
	}
	switch {
	case given > 1:
		L.RaiseError("http.request: of body, json and form one may be given")
	case given == 1 && body == nil:
		body = all
	}
	return m.do(L, "request", all, all, body)
}

// do makes a request and gives its answer. what has method and url, options the
// rest; body is a string, Values with json or form, or nil.
func (m *module) do(L *lua.LState, function string, options, what manual.Values, body any) int {
	r := &outgoing{
		function: "http." + function, line: script.CallerLine(L),
		method: manual.Get[string](what, "method"), url: manual.Get[*url.URL](what, "url"),
		header: http.Header{}, timeout: m.Timeout,
	}
	if t := manual.Get[time.Duration](options, "timeout"); t > 0 {
		r.timeout = min(t, m.Timeout)
	}
	if err := m.fill(L, r, options, body); err != nil {
		L.RaiseError("%s: %v", r.function, err)
	}
	a, err := m.block(L, r)
	if err != nil {
		L.Push(lua.LNil)
		L.Push(m.Error(L, r.function, err))
		return 2
	}
	sandbox.BudgetOf(L).Charge(len(a.body) / bytesPaid)
	L.Push(m.response.Make(m.rt, L, &response{answer: a}))
	return 1
}

// fill adds query, headers and body.
func (m *module) fill(L *lua.LState, r *outgoing, options manual.Values, body any) error {
	if query := manual.Get[url.Values](options, "query"); len(query) > 0 {
		u := *r.url
		if u.RawQuery != "" {
			u.RawQuery += "&"
		}
		u.RawQuery += query.Encode()
		r.url = &u
	}
	if r.method == "" {
		r.method = http.MethodGet
		if body != nil {
			r.method = http.MethodPost
		}
	}
	if err := m.content(L, r, body); err != nil {
		return err
	}
	sandbox.BudgetOf(L).Charge((len(r.url.RawQuery) + len(r.body)) / bytesPaid)
	maps.Copy(r.header, manual.Get[http.Header](options, "headers"))
	if len(r.body) > m.MaxSize {
		return manual.At("body", manual.Faultf("it has %d bytes, more than %d", len(r.body), m.MaxSize))
	}
	return nil
}

func (m *module) content(L *lua.LState, r *outgoing, body any) error {
	if text, ok := body.(string); ok {
		r.body = text
		r.header.Set("Content-Type", "text/plain; charset=utf-8")
		return nil
	}
	values, _ := body.(manual.Values)
	if form, ok := values["form"].(url.Values); ok {
		r.body = form.Encode()
		r.header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if v, ok := values["json"].(lua.LValue); ok {
		text, err := json.Encode(L, v)
		if err != nil {
			return manual.At("json", err)
		}
		r.body = text
		r.header.Set("Content-Type", "application/json")
	}
	return nil
}

// urlType reads a *url.URL. What is wrong with one is told without showing it:
// what is raised is logged.
func urlType() manual.Type {
	words := "a URL that begins with https:// or http://"
	return manual.Type{Words: words, Read: func(v lua.LValue) (any, error) {
		text, ok := v.(lua.LString)
		if !ok {
			return nil, manual.Faultf("expected %s, got %s", words, manual.Shown(v))
		}
		u, err := parseURL(string(text))
		if err != nil {
			return nil, err
		}
		return u, nil
	}}
}

// maxURL is the most bytes of a URL, which servers that are strict take.
const maxURL = 8 << 10

func parseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case len(text) > maxURL:
		return nil, manual.Faultf("it has %d bytes, more than %d", len(text), maxURL)
	case err != nil:
		return nil, manual.Faultf("it is no URL; give names and values in query = {…}, which escapes them")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, manual.Faultf("it has to begin with https:// or http://")
	case !validHost(u):
		return nil, manual.Faultf("its host has to be a name of letters, digits, dots and dashes (xn--… for other letters), or an address")
	}
	u.Fragment, u.RawFragment = "", ""
	if u.Path == "" {
		u.Path = "/"
	}
	return u, nil
}

func anything() manual.Type {
	return manual.Type{Words: "a value", Read: func(v lua.LValue) (any, error) { return v, nil }}
}

// bodyType reads a string, or Values of which one of contents is set.
func bodyType() manual.Type {
	words := "a string, {json = value} or {form = {…}}"
	return manual.Type{Words: words, Read: func(v lua.LValue) (any, error) {
		switch v := v.(type) {
		case lua.LString:
			return string(v), nil
		case *lua.LTable:
			values, err := contents.Table(v)
			if err == nil && len(values) != 1 {
				return nil, manual.Faultf("expected %s, got a table with %d of these", words, len(values))
			}
			return values, err
		}
		return nil, manual.Faultf("expected %s, got %s", words, manual.Shown(v))
	}}
}

// The most that fields may take: in a table, the same list may stand for thousands.
const (
	maxFieldBytes = 4 << 20
	valueBytes    = 16 // of a value, without its text
)

// fieldsType reads url.Values: a table of names with a text, a number, a boolean,
// or a list of these.
func fieldsType() manual.Type {
	words := "a table of names and values"
	return manual.Type{Words: words, Read: func(v lua.LValue) (any, error) {
		fields, size := url.Values{}, 0
		lengths := map[*lua.LTable]int{} // one that was emptied takes 0.1 ms to look through, and costs the script nothing
		add := func(name string, v lua.LValue) error {
			text, err := scalar(v)
			if size += len(name) + len(text) + valueBytes; err == nil && size > maxFieldBytes {
				err = manual.Faultf("the fields take more than %d bytes", maxFieldBytes)
			}
			if err == nil {
				fields.Add(name, text)
			}
			return err
		}
		err := each(words, v, func(name string, v lua.LValue) error {
			list, ok := v.(*lua.LTable)
			if !ok {
				return add(name, v)
			}
			n, known := lengths[list]
			if !known {
				var err error
				if n, err = length(list); err != nil {
					return err
				}
				lengths[list] = n
			}
			for i := range n {
				if err := add(name, list.RawGetInt(i+1)); err != nil {
					return manual.AtIndex(i+1, err)
				}
			}
			return nil
		})
		return fields, err
	}}
}

// length is how many values a list has, which must be all that is in it.
func length(list *lua.LTable) (int, error) {
	n, last := list.Len(), lua.LValue(lua.LNil)
	if n > 0 {
		last = lua.LNumber(n)
	}
	if key, _ := list.Next(last); key != lua.LNil {
		return 0, manual.Faultf("expected a value or a list of values, got a table with the key %s", manual.Shown(key))
	}
	return n, nil
}

func scalar(v lua.LValue) (string, error) {
	switch v := v.(type) {
	case lua.LNumber:
		return sandbox.NumberText(v), nil
	case lua.LString, lua.LBool:
		return v.String(), nil
	}
	return "", manual.Faultf("expected a string, a number, true or false, got %s", v.Type())
}

// each calls read for the fields of a table, whose names have to be texts.
func each(words string, v lua.LValue, read func(name string, v lua.LValue) error) error {
	table, ok := v.(*lua.LTable)
	if !ok {
		return manual.Faultf("expected %s, got %s", words, manual.Shown(v))
	}
	var err error
	table.ForEach(func(k, v lua.LValue) {
		if err != nil {
			return
		}
		name, ok := k.(lua.LString)
		if !ok {
			err = manual.Faultf("expected %s, got the key %s", words, manual.Shown(k))
			return
		}
		if err = read(string(name), v); err != nil {
			err = manual.At(short(string(name)), err)
		}
	})
	return err
}

// The most that a script may put into headers.
const (
	maxHeaders     = 64
	maxHeaderBytes = 16 << 10
)

// framing are the headers that say where a request begins and ends, or which
// the host answers for.
var framing = []string{
	"Host", "Connection", "Content-Length", "Transfer-Encoding", "Trailer", "Te", "Upgrade", "Keep-Alive",
	"Expect", "Accept-Encoding", "Http2-Settings",
}

// headersType reads an http.Header. Values are not shown in errors.
func headersType() manual.Type {
	words := "a table of names and values"
	return manual.Type{Words: words, Read: func(v lua.LValue) (any, error) {
		header, size := http.Header{}, 0
		err := each(words, v, func(name string, v lua.LValue) error {
			value, err := scalar(v)
			name = textproto.CanonicalMIMEHeaderKey(name)
			size += len(name) + len(value)
			switch {
			case err != nil:
				return err
			case name == "" || strings.ContainsFunc(name, func(r rune) bool { return r > '~' || !isToken(byte(r)) }):
				return manual.Faultf("it is no name of a header")
			case slices.Contains(framing, name) || strings.HasPrefix(name, "Proxy-"):
				return manual.Faultf("the host sets this header itself")
			case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }):
				return manual.Faultf("the value has a control character, such as the end of a line")
			case len(header) == maxHeaders || size > maxHeaderBytes:
				return manual.Faultf("more than %d headers or %d bytes", maxHeaders, maxHeaderBytes)
			}
			header.Set(name, value)
			return nil
		})
		return header, err
	}}
}

// isToken says whether a byte may be in the name of a header:
// https://www.rfc-editor.org/rfc/rfc9110#name-tokens.
func isToken(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}
