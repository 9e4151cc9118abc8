package server

import (
	"errors"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
)

// renewals are the methods that older layers have under other ids, or with
// other objects in them, as the requests of the newest that they come to.
var renewals = map[int]map[uint32]renewal{
	198: {
		0xe8f463d0:                             addContact198,
		0x11f812d8:                             searchContacts198,
		0xa6c4600c:                             requestCall198,
		0x983f9745:                             sendMessage198,
		tg.ContactsImportContactsRequestTypeID: importContacts198,
	},
}

// renewal reads a request after its id.
type renewal func(b *bin.Buffer) (bin.Encoder, error)

var errNotServed = errors.New("a part of the request that this layer alone has")

// renew makes a request what the newest layer has for it. A nil layer is the newest.
func (l *layer) renew(b *bin.Buffer) error {
	if l == nil {
		return nil
	}
	id, err := b.PeekID()
	if err != nil || l.requests[id] == nil {
		return err
	}
	request, err := l.requests[id](&bin.Buffer{Buf: b.Buf[bin.Word:]})
	if err != nil {
		return err
	}
	var renewed bin.Buffer
	if err := request.Encode(&renewed); err != nil {
		return err
	}
	b.ResetTo(renewed.Buf)
	return nil
}

func addContact198(b *bin.Buffer) (bin.Encoder, error) {
	r := new(tg.ContactsAddContactRequest)
	return r, r.DecodeBare(b)
}

// searchContacts198 cannot narrow the search.
func searchContacts198(b *bin.Buffer) (bin.Encoder, error) {
	q, err := b.String()
	if err != nil {
		return nil, err
	}
	limit, err := b.Int()
	return &tg.ContactsSearchRequest{Q: q, Limit: limit}, err
}

// requestCall198 refuses to move a conference into a call, which the newest
// layer cannot ask for.
func requestCall198(b *bin.Buffer) (bin.Encoder, error) {
	r := new(tg.PhoneRequestCallRequest)
	if err := r.DecodeBare(b); err != nil {
		return nil, err
	}
	if r.Flags.Has(1) {
		return nil, errNotServed
	}
	return r, nil
}

// sendMessage198 has another constructor for what it replies to.
func sendMessage198(b *bin.Buffer) (bin.Encoder, error) {
	const (
		replyTo             = 0
		inputReplyToMessage = 0x22c0f6d5
	)
	var (
		r       tg.MessagesSendMessageRequest
		renewed bin.Buffer
		rest    = bin.Buffer{Buf: b.Buf}
	)
	if err := r.Flags.Decode(&rest); err != nil {
		return nil, err
	}
	peer, err := tg.DecodeInputPeer(&rest)
	if err != nil {
		return nil, err
	}
	if id, _ := rest.PeekID(); !r.Flags.Has(replyTo) || id != inputReplyToMessage {
		return &r, r.DecodeBare(b)
	}
	rest.Skip(bin.Word)
	var reply tg.InputReplyToMessage
	if err := reply.DecodeBare(&rest); err != nil {
		return nil, err
	}
	if err := errors.Join(r.Flags.Encode(&renewed), peer.Encode(&renewed), reply.Encode(&renewed)); err != nil {
		return nil, err
	}
	renewed.Put(rest.Buf)
	return &r, r.DecodeBare(&renewed)
}

// importContacts198 has contacts without flags.
func importContacts198(b *bin.Buffer) (bin.Encoder, error) {
	const inputPhoneContact = 0xf392b7f4
	n, err := b.VectorHeader()
	if err != nil {
		return nil, err
	}
	r := new(tg.ContactsImportContactsRequest)
	for range n {
		var (
			c    tg.InputPhoneContact
			errs [5]error
		)
		errs[0] = b.ConsumeID(inputPhoneContact)
		c.ClientID, errs[1] = b.Long()
		c.Phone, errs[2] = b.String()
		c.FirstName, errs[3] = b.String()
		c.LastName, errs[4] = b.String()
		if err := errors.Join(errs[:]...); err != nil {
			return nil, err
		}
		r.Contacts = append(r.Contacts, c)
	}
	return r, nil
}
