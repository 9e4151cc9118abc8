package server

import (
	"crypto/aes"
	"crypto/subtle"
	"encoding/binary"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/tg"

	"luahost/internal/simulator"
)

// bind has a temporary key stand for a permanent one. That the client holds both
// it proves with a message that is encrypted with the permanent key, in the way
// of MTProto 1.0, inside one that came with the temporary key.
//
// https://core.telegram.org/api/pfs
func (s *session) bind(r *request, b *bin.Buffer) (bin.Encoder, error) {
	var in tg.AuthBindTempAuthKeyRequest
	if err := in.Decode(b); err != nil {
		return nil, simulator.Refuse(400, "INPUT_FETCH_ERROR")
	}
	if s.key.client != nil {
		return nil, simulator.Refuse(400, "TEMP_AUTH_KEY_EMPTY")
	}
	var id [8]byte
	binary.LittleEndian.PutUint64(id[:], uint64(in.PermAuthKeyID))
	perm := s.key.server.key(id)
	if perm == nil || perm.client == nil {
		return nil, simulator.Refuse(400, "ENCRYPTED_MESSAGE_INVALID")
	}
	inner, err := openBinding(perm.AuthKey, in.EncryptedMessage, r.id)
	temp := int64(binary.LittleEndian.Uint64(s.key.ID[:]))
	if err != nil || *inner != (crypto.BindAuthKeyInner{
		Nonce: in.Nonce, TempAuthKeyID: temp, PermAuthKeyID: in.PermAuthKeyID, TempSessionID: s.id, ExpiresAt: in.ExpiresAt,
	}) {
		return nil, simulator.Refuse(400, "ENCRYPTED_MESSAGE_INVALID")
	}
	s.key.mu.Lock()
	defer s.key.mu.Unlock()
	if s.key.perm != nil && s.key.perm != perm {
		return nil, simulator.Refuse(400, "TEMP_AUTH_KEY_ALREADY_BOUND")
	}
	s.key.perm = perm
	return &tg.BoolTrue{}, nil
}

// openBinding decrypts the binding message, which must be numbered as the
// request that brings it.
func openBinding(perm crypto.AuthKey, encrypted []byte, id int64) (*crypto.BindAuthKeyInner, error) {
	var (
		m     crypto.EncryptedMessage
		inner crypto.BindAuthKeyInner
	)
	if err := m.Decode(&bin.Buffer{Buf: encrypted}); err != nil {
		return nil, err
	}
	if m.AuthKeyID != perm.ID || len(m.EncryptedData)%aes.BlockSize != 0 {
		return nil, errBadExchange
	}
	key, iv := crypto.KeysV1(perm.Value, m.MsgKey)
	plain := bin.Buffer{Buf: decryptIGE(key, iv, m.EncryptedData)}

	const head, length = 16 + 8 + 4 + 4, 4 + 4*8 + 4
	if len(plain.Buf) < head+length || crypto.MessageKeyV1(plain.Buf[:head+length]) != m.MsgKey {
		return nil, errBadExchange
	}
	plain.Skip(16) // random
	got, _ := plain.Long()
	seq, _ := plain.Int32()
	size, _ := plain.Int()
	if got != id || seq != 0 || size != length {
		return nil, errBadExchange
	}
	return &inner, inner.Decode(&plain)
}

// decryptIGE undoes AES in infinite garble extension over whole blocks.
func decryptIGE(key, iv bin.Int256, data []byte) []byte {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err) // 32 bytes are a key
	}
	const n = aes.BlockSize
	plain := make([]byte, len(data))
	before, plainBefore := iv[:n], iv[n:]
	for at := 0; at < len(data); at += n {
		out := plain[at : at+n]
		subtle.XORBytes(out, data[at:at+n], plainBefore)
		block.Decrypt(out, out)
		subtle.XORBytes(out, out, before)
		before, plainBefore = data[at:at+n], out
	}
	return plain
}
