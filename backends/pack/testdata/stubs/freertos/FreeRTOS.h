/* As much of ESP-IDF's header as the example needs, to see that it compiles. */
#define portMAX_DELAY 0xffffffffu
void app_main(void);
