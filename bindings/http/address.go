package http

import (
	"encoding/binary"
	"net/netip"
)

// class is who can be at an address.
type class int

const (
	never   class = iota // nobody that one could talk to, or nobody knows whom
	private              // this machine, its network, or that of the provider
	public
)

// classOf classifies by the registries of special addresses:
// https://www.iana.org/assignments/iana-ipv4-special-registry and
// https://www.iana.org/assignments/iana-ipv6-special-registry.
func classOf(addr netip.Addr) class {
	addr = addr.Unmap().WithZone("")
	switch {
	case addr.IsUnspecified() || addr.IsMulticast():
		return never
	case addr.IsPrivate() || addr.IsLoopback() || addr.IsLinkLocalUnicast() || carrier.Contains(addr):
		return private
	case translated.Contains(addr):
		return classOfTranslated(addr)
	case addr.Is6() && !global.Contains(addr):
		return never
	}
	for _, p := range special {
		if p.Contains(addr) {
			return never
		}
	}
	return public
}

var (
	carrier    = netip.MustParsePrefix("100.64.0.0/10") // of providers, behind their NAT
	translated = netip.MustParsePrefix("64:ff9b::/96")  // NAT64: an IPv4 address in its last four bytes
	global     = netip.MustParsePrefix("2000::/3")      // all of IPv6 that is given to anybody
	special    = prefixes(
		"0.0.0.0/8", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
		"198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", // 2001::/32 and 2002::/16 are tunnels to IPv4 addresses
	)
)

// classOfTranslated is that of the IPv4 address that a NAT64 stands for; but for
// public ones it may stand in a network that nobody here knows.
func classOfTranslated(addr netip.Addr) class {
	bytes := addr.As16()
	var v4 [4]byte
	binary.BigEndian.PutUint32(v4[:], binary.BigEndian.Uint32(bytes[12:]))
	if classOf(netip.AddrFrom4(v4)) == public {
		return public
	}
	return never
}

func prefixes(texts ...string) (list []netip.Prefix) {
	for _, text := range texts {
		list = append(list, netip.MustParsePrefix(text))
	}
	return list
}
