/* As much of ESP-IDF's header as the example needs, to see that it compiles. */
#include <stddef.h>
#include <stdint.h>
typedef int esp_err_t;
typedef int uart_port_t;
typedef void *QueueHandle_t;
#define UART_NUM_0 0
#define ESP_ERROR_CHECK(x) do { if ((x) != 0) { abort_check(); } } while (0)
void abort_check(void);
esp_err_t uart_driver_install(uart_port_t uart_num, int rx_buffer_size, int tx_buffer_size, int queue_size, QueueHandle_t *uart_queue, int intr_alloc_flags);
esp_err_t uart_set_baudrate(uart_port_t uart_num, uint32_t baudrate);
int uart_write_bytes(uart_port_t uart_num, const void *src, size_t size);
int uart_read_bytes(uart_port_t uart_num, void *buf, uint32_t length, uint32_t ticks_to_wait);
