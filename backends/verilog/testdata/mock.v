// A core with a port for its state, for the tests of shells: a step of two entries adds them into one of eight words, one after the other, and
// the last step of a sequence gives two sums of the words. A word of which bit 39 changes counts as saturated.
module mock (
    input  wire clk,
    input  wire rst,
    input  wire in_valid,
    output wire in_ready,
    input  wire [7:0] in_data,
    input  wire in_last,
    input  wire [2:0] state_address,
    input  wire state_write,
    input  wire [39:0] state_in,
    output reg  [39:0] state_out,
    input  wire state_load,
    input  wire state_odd_in,
    input  wire state_first_in,
    output wire state_odd,
    output wire state_first,
    output wire idle,
    output wire saturated,
    output wire out_valid,
    input  wire out_ready,
    output wire [39:0] out_data,
    output wire out_class,
    output wire out_last
);
    reg [39:0] words [0:7];
    reg [2:0] at;
    reg [7:0] entry;
    reg second, odd, first, row;
    reg [3:0] left; // cycles of a step
    reg giving;
    wire [39:0] old = first & at == 3'd0 ? 40'd7 : words[at];
    wire [39:0] after = {old[38:0], old[39]} + {32'd0, entry} + {30'd0, in_data, odd, 1'b1};
    assign in_ready = left == 4'd0 & ~giving;
    wire pass = in_valid & in_ready;
    assign idle = in_ready & ~second;
    assign saturated = pass & second & in_data[0];
    assign state_odd = odd;
    assign state_first = first;
    assign out_valid = giving;
    assign out_data = row ? words[0] ^ words[1] : words[2] + words[3];
    assign out_class = words[0][0];
    assign out_last = row;
    always @(posedge clk) begin
        state_out <= words[state_address];
        if (state_write)
            words[state_address] <= state_in;
        if (rst) begin
            second <= 1'b0;
            odd <= 1'b0;
            first <= 1'b1;
            row <= 1'b0;
            left <= 4'd0;
            giving <= 1'b0;
            at <= 3'd0;
        end else begin
            if (state_load) begin
                odd <= state_odd_in;
                first <= state_first_in;
            end
            if (left != 4'd0)
                left <= left - 4'd1;
            if (pass & ~second)
                entry <= in_data;
            if (pass)
                second <= ~second;
            if (pass & second) begin
                words[at] <= after;
                at <= 3'd0;
                words[3'd1] <= words[0];
                words[3'd2] <= words[1] + after;
                words[3'd3] <= words[2];
                odd <= first | ~odd;
                first <= in_last;
                left <= 4'd15;
                giving <= in_last;
            end
            if (giving & out_ready) begin
                row <= ~row;
                giving <= ~row;
            end
        end
    end
endmodule
