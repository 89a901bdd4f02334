//go:build !js

package main

import "log"

func main() { log.Fatal("this runs in a browser: web/build.sh builds it with GOOS=js GOARCH=wasm") }
