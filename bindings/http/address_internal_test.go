package http

import (
	"net/netip"
	"net/url"
	"testing"
)

func TestClasses(t *testing.T) {
	for class, addresses := range map[class][]string{
		public: {"8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0", "223.255.255.255", "2606:4700::1111", "2a00:1450::1", "64:ff9b::808:808", "::ffff:8.8.8.8", "2001:200::1"},
		private: {
			"127.0.0.1", "127.255.255.255", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.0.1", "169.254.169.254", "100.64.0.1", "100.127.255.255",
			"::1", "fc00::1", "fd12::1", "fe80::1", "fe80::1%eth0", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "fd00:ec2::254",
		},
		never: {
			"0.0.0.0", "0.1.2.3", "::", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1",
			"203.0.113.1", "192.88.99.1", "ff02::1", "::ffff:0.0.0.0", "::7f00:1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::808:808", "2001::1", "2001:db8::1", "2002:7f00:1::", "100::1", "fec0::1", "3fff::1", "5f00::1", "4000::1",
		},
	} {
		for _, text := range addresses {
			if got := classOf(netip.MustParseAddr(text)); got != class {
				t.Errorf("%s is of class %d, want %d", text, got, class)
			}
		}
	}
}

func TestRules(t *testing.T) {
	for rule, cases := range map[string]struct{ yes, no []string }{
		"api.example.com": {
			[]string{"https://api.example.com/x", "http://api.example.com", "https://API.Example.COM.:443/", "http://api.example.com:80"},
			[]string{"https://api.example.com:80", "http://api.example.com:443", "https://api.example.com:8443", "https://example.com", "https://x.api.example.com", "https://api.example.com.evil.org", "https://apixexample.com"},
		},
		"Api.example.com:8443": {[]string{"https://api.example.com:8443", "http://api.example.com:8443"}, []string{"https://api.example.com", "http://api.example.com:8080"}},
		"api.example.com:443":  {[]string{"https://api.example.com", "https://api.example.com:443", "http://api.example.com:443"}, []string{"http://api.example.com"}},
		"*.example.com":        {[]string{"https://a.example.com", "http://a.b.example.com"}, []string{"https://example.com", "https://xexample.com", "https://a.example.com:8080"}},
		"*.example.com:81":     {[]string{"http://a.example.com:81"}, []string{"http://a.example.com"}},
		"127.0.0.1:8123":       {[]string{"http://127.0.0.1:8123", "http://[::ffff:127.0.0.1]:8123"}, []string{"http://127.0.0.1", "http://127.0.0.2:8123", "http://localhost:8123"}},
		"127.0.0.1":            {[]string{"http://127.0.0.1", "https://127.0.0.1"}, []string{"http://127.0.0.1:81"}},
		"[::1]:8123":           {[]string{"http://[::1]:8123", "http://[0:0::1]:8123"}, []string{"http://[::1]", "http://[::2]:8123"}},
		"::1":                  {[]string{"http://[::1]"}, []string{"http://[::1]:8123"}},
		"private:nas.local:81": {[]string{"http://nas.local:81"}, []string{"http://nas.local"}},
		"nas":                  {[]string{"http://nas"}, []string{"http://nas.local"}},
	} {
		r, err := parseRule(rule)
		if err != nil {
			t.Error(err)
		}
		for want, urls := range map[bool][]string{true: cases.yes, false: cases.no} {
			for _, text := range urls {
				u, err := url.Parse(text)
				if err != nil || !validHost(u) {
					t.Errorf("%s: %v", text, err)
				} else if got := r.match(u); got != want {
					t.Errorf("%s allows %s: %v", rule, text, got)
				}
			}
		}
	}
	for _, wrong := range []string{
		"", "*", "*.", "private:", "https://api.example.com", "api.example.com/x", "api.example.com:", "api.example.com:0", "api.example.com:99999", "api.example.com:080",
		"a b", "ä.de", "user@host", "x.*.com", "private:127.0.0.1", "0.0.0.0:80", "224.0.0.1", "-a.com", ".com", "a..b", "fe80::1%eth0", "private:private:x",
	} {
		if err := CheckHost(wrong); err == nil {
			t.Errorf("%q is taken for a host", wrong)
		}
	}
}

func TestPermits(t *testing.T) {
	for rule, cases := range map[string]struct{ yes, no []string }{
		"nas.local":         {[]string{"8.8.8.8", "2a00:1450::1"}, []string{"127.0.0.1", "10.0.0.1", "::1", "::ffff:10.0.0.1", "0.0.0.0"}},
		"private:nas.local": {[]string{"8.8.8.8", "127.0.0.1", "10.0.0.1", "fd00::1", "fe80::1%eth0"}, []string{"0.0.0.0", "::", "224.0.0.1", "255.255.255.255"}},
		"10.0.0.1:80":       {[]string{"10.0.0.1", "::ffff:10.0.0.1"}, []string{"10.0.0.2", "8.8.8.8"}},
	} {
		r, err := parseRule(rule)
		if err != nil {
			t.Fatal(err)
		}
		for want, addresses := range map[bool][]string{true: cases.yes, false: cases.no} {
			for _, text := range addresses {
				if got := r.permits(netip.MustParseAddr(text)); got != want {
					t.Errorf("%s permits %s: %v", rule, text, got)
				}
			}
		}
	}
}

// TestAdvice follows what the error says of a host that is not allowed.
func TestAdvice(t *testing.T) {
	for _, text := range []string{
		"http://a.test", "https://A.Test.:8443/x?y", "http://a.test:80", "http://a.test:443", "https://a.test:443", "http://nas", "http://10.0.0.1:8080", "http://[::1]", "https://[::ffff:10.0.0.1]:81/",
	} {
		u, err := parseURL(text)
		if err != nil {
			t.Fatal(err)
		}
		r, err := parseRule(entry(u))
		if err != nil || !r.match(u) {
			t.Errorf("%s is not allowed by %q: %v", text, entry(u), err)
		}
	}
	for _, text := range []string{"http://a.test:0443", "http://a.test:0", "http://a.test:70000", "http://a.test:", "http://a%2etest", "http://a_b..test", "http://-a.test", "http://[::1%25lo]/", "http://[v1.x]/"} {
		if u, err := parseURL(text); err == nil {
			t.Errorf("%s is taken for %v", text, u)
		}
	}
}
