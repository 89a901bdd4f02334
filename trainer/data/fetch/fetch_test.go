package fetch

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestStaysEncrypted(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("one")) }))
	t.Cleanup(plain.Close)
	secure := httptest.NewTLSServer(http.RedirectHandler(plain.URL, http.StatusFound))
	t.Cleanup(secure.Close)
	before := client
	t.Cleanup(func() { client = before })
	client = secure.Client()
	client.CheckRedirect = onlyEncrypted
	if _, err := Bytes(context.Background(), secure.URL, 10, func(int, int) {}); err == nil || !strings.Contains(err.Error(), "which is not encrypted") {
		t.Errorf("got %v", err)
	}
	if data, err := Bytes(context.Background(), plain.URL, 10, func(int, int) {}); err != nil || string(data) != "one" {
		t.Errorf("%q, %v", data, err)
	}
}
