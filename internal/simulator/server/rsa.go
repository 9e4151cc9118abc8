package server

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"

	"github.com/gotd/td/crypto"
)

// NewKey makes a key for Options.Key, by which clients know a server: keep it
// if they are to know the next one too. Its fingerprint has no leading zero
// digit, because some clients compare it as hex without padding.
func NewKey() (*rsa.PrivateKey, error) {
	for {
		key, err := rsa.GenerateKey(rand.Reader, crypto.RSAKeyBits)
		if err != nil {
			return nil, fmt.Errorf("generate RSA key: %w", err)
		}
		if uint64(crypto.RSAFingerprint(&key.PublicKey))>>60 != 0 {
			return key, nil
		}
	}
}

// PublicKey is what clients must be configured with to trust this server.
func (s *Server) PublicKey() *rsa.PublicKey { return &s.rsa.PublicKey }

// PublicKeyPEM is PublicKey as a PKCS#1 block, the form in which Telegram
// publishes its own keys and in which luahost reads server_key.
func (s *Server) PublicKeyPEM() []byte {
	return pem.EncodeToMemory(&pem.Block{
		Type:  "RSA PUBLIC KEY",
		Bytes: x509.MarshalPKCS1PublicKey(s.PublicKey()),
	})
}
