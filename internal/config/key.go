package config

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
)

// keyBits is the only size with which Telegram's key exchange works: it fills
// exactly one block of 256 bytes. https://core.telegram.org/mtproto/auth_key
const keyBits = 2048

// checkServer reads the key of the server that the file names, if it names one.
func (f *file) checkServer() (*rsa.PublicKey, error) {
	t := f.Telegram
	switch {
	case t.Server == "" && t.ServerKey == "":
		return nil, nil
	case t.Server == "":
		return nil, f.wrong("telegram.server_key", "is of no use without server: name the server too, or remove the key")
	case t.ServerKey == "":
		return nil, f.wrong("telegram.server", "needs server_key: the file with that server's public RSA key")
	}
	if err := CheckServer(t.Server); err != nil {
		return nil, f.wrong("telegram.server", "%w", err)
	}
	key, err := ServerKey(f.resolve(t.ServerKey))
	if err != nil {
		return nil, f.wrong("telegram.server_key", "%w", err)
	}
	return key, nil
}

// ServerKey reads the public key of a server. Its error is what a key of the
// configuration, or a flag, "is" or "cannot": the name goes before it.
func ServerKey(path string) (*rsa.PublicKey, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", unreadableKey(path, err))
	}
	key, err := parseKey(text)
	if err != nil {
		return nil, fmt.Errorf("is %s, which %w", path, err)
	}
	return key, nil
}

func unreadableKey(path string, err error) error {
	if cause := errors.Unwrap(err); cause != nil {
		return fmt.Errorf("%s: %w", path, cause)
	}
	return err
}

func parseKey(text []byte) (*rsa.PublicKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("holds no PEM: it must begin with -----BEGIN RSA PUBLIC KEY-----")
	}
	switch block.Type {
	case "RSA PUBLIC KEY":
	case "PUBLIC KEY":
		return nil, errors.New("is PKIX, not PKCS#1: convert it with openssl rsa -pubin -RSAPublicKey_out")
	default:
		return nil, fmt.Errorf("holds a %s, not the RSA PUBLIC KEY of the server", block.Type)
	}
	key, err := x509.ParsePKCS1PublicKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("is damaged: %w", err)
	}
	if key.N.BitLen() != keyBits {
		return nil, fmt.Errorf("has %d bits: Telegram's key exchange needs %d", key.N.BitLen(), keyBits)
	}
	return key, nil
}
