/* As much of Zephyr's header as the sample needs, to see that it compiles. */
struct device;
void uart_poll_out(const struct device *dev, unsigned char out_char);
int uart_poll_in(const struct device *dev, unsigned char *p_char);
