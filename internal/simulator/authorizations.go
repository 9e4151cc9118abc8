package simulator

import (
	"encoding/binary"
	"slices"

	"github.com/gotd/td/tg"
)

// The devices of a user: https://core.telegram.org/method/account.getAuthorizations.

// authorizationHash names a device to its user; the one that asks is 0.
func (t *Telegram) authorizationHash(from, c *Client) int64 {
	if c == from {
		return 0
	}
	return t.accessHash("authorization", c.user.ID, int64(binary.LittleEndian.Uint64(c.key[:])))
}

// getAuthorizations lists the devices, the asking one among them. Our choice:
// what a device says of itself is not kept, so they look alike.
func (t *Telegram) getAuthorizations(from *Client, _ *tg.AccountGetAuthorizationsRequest) (*tg.AccountAuthorizations, error) {
	list := &tg.AccountAuthorizations{AuthorizationTTLDays: 180, Authorizations: []tg.Authorization{}}
	for _, c := range from.user.clients {
		list.Authorizations = append(list.Authorizations, tg.Authorization{
			Current: c == from, CallRequestsDisabled: c.noCalls, Hash: t.authorizationHash(from, c),
			DeviceModel: "device", DateCreated: unix(c.since), DateActive: t.now(), IP: "127.0.0.1",
		})
	}
	return list, nil
}

// device finds one of the user's devices.
func (t *Telegram) device(from *Client, hash int64) (*Client, error) {
	at := slices.IndexFunc(from.user.clients, func(c *Client) bool { return t.authorizationHash(from, c) == hash })
	if at < 0 {
		return nil, Refuse(400, "HASH_INVALID")
	}
	return from.user.clients[at], nil
}

// resetAuthorization logs one device out.
func (t *Telegram) resetAuthorization(from *Client, in *tg.AccountResetAuthorizationRequest) (*tg.BoolTrue, error) {
	c, err := t.device(from, in.Hash)
	if err != nil {
		return nil, err
	}
	t.logOut(c)
	return &tg.BoolTrue{}, nil
}

// resetAuthorizations logs out every device but the asking one. Our choice: one
// that has just logged in may do so too.
func (t *Telegram) resetAuthorizations(from *Client, _ *tg.AuthResetAuthorizationsRequest) (*tg.BoolTrue, error) {
	for _, c := range slices.Clone(from.user.clients) {
		if c != from {
			t.logOut(c)
		}
	}
	return &tg.BoolTrue{}, nil
}

// changeAuthorizationSettings says whether a device is rung by calls. Our choice:
// the other settings change nothing, as there are no secret chats.
func (t *Telegram) changeAuthorizationSettings(from *Client, in *tg.AccountChangeAuthorizationSettingsRequest) (*tg.BoolTrue, error) {
	c, err := t.device(from, in.Hash)
	if err != nil {
		return nil, err
	}
	if disabled, given := in.GetCallRequestsDisabled(); given {
		c.noCalls = disabled
	}
	return &tg.BoolTrue{}, nil
}
