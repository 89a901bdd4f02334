/* As much of Zephyr's header as the sample needs, to see that it compiles. */
void k_yield(void);
