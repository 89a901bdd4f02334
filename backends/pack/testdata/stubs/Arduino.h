/* Macros of the cores of Arduino, all at once, and as much of Serial as the sketch needs. */
#ifndef Arduino_h
#define Arduino_h
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#undef abs
#undef round
#undef min
#undef max
#define PI 3.1415926535897932384626433832795
#define HALF_PI 1.5707963267948966
#define TWO_PI 6.283185307179586
#define DEG_TO_RAD 0.017453292519943295
#define RAD_TO_DEG 57.29577951308232
#define EULER 2.718281828459045
#define HIGH 0x1
#define LOW 0x0
#define INPUT 0x0
#define OUTPUT 0x1
#define INPUT_PULLUP 0x2
#define SERIAL 0x0
#define DISPLAY 0x1
#define LSBFIRST 0
#define MSBFIRST 1
#define CHANGE 1
#define FALLING 2
#define RISING 3
#define DEFAULT 1
#define EXTERNAL 0
#define INTERNAL 3
#define B0 0
#define B1 1
#define B00 0
#define B01 1
#define B11111111 255
#define A0 14
#define A7 21
#define SS 10
#define SDA 18
#define LED_BUILTIN 13
#define F(string_literal) (string_literal)
#define PSTR(s) (s)
#define PROGMEM
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define abs(x) ((x) > 0 ? (x) : -(x))
#define constrain(amt, low, high) ((amt) < (low) ? (low) : ((amt) > (high) ? (high) : (amt)))
#define round(x) ((x) >= 0 ? (long)((x) + 0.5) : (long)((x)-0.5))
#define radians(deg) ((deg)*DEG_TO_RAD)
#define degrees(rad) ((rad)*RAD_TO_DEG)
#define sq(x) ((x) * (x))
#define interrupts()
#define noInterrupts()
#define lowByte(w) ((uint8_t)((w)&0xff))
#define highByte(w) ((uint8_t)((w) >> 8))
#define bitRead(value, bit) (((value) >> (bit)) & 0x01)
#define bitSet(value, bit) ((value) |= (1UL << (bit)))
#define bit(b) (1UL << (b))
#define _BV(b) (1 << (b))
#define word(...) ((uint16_t)(__VA_ARGS__))
typedef uint8_t byte;
typedef bool boolean;
struct SerialPort {
    void begin(unsigned long baud);
    int available();
    int read();
    size_t write(char c);
    size_t print(char c);
    size_t print(long n);
    size_t print(double n, int digits = 2);
    size_t print(unsigned char n);
    size_t println(const char *s);
    size_t println(int n);
    size_t println();
    operator bool();
};
extern SerialPort Serial;
int analogRead(uint8_t pin);
unsigned long millis();
void setup();
void loop();
#endif
