// The second front end of the ecg model: whether a step has the mark of a beat in, how early or late the last beat came out. The same bits as
// rhythm.c and internal/frontend/rhythm.go, which says what is computed, step by step, and why nothing overflows.
//
// A step is taken when in_valid and in_ready are 1, and its byte when out_valid and out_ready are. For a mark it computes for ten cycles. It
// takes no step until the byte is taken. rst, held for a cycle, forgets all marks.
module rhythm (
    input  wire       clk,
    input  wire       rst,
    input  wire       in_valid,
    output wire       in_ready,
    input  wire       in_mark,
    output wire       out_valid,
    input  wire       out_ready,
    output wire [7:0] out_early // signed, -127 to 127
);
    localparam [2:0] TAKE = 0, BEGIN = 1, COMPARE = 2, DIVIDE = 3, GIVE = 4;
    reg [2:0] phase;
    reg [2:0] turn; // within a phase

    reg begun;       // a mark was there
    reg [7:0] since; // steps since the last mark
    reg [7:0] interval;
    wire [7:0] longer = since == 255 ? since : since + 1'b1;

    // Of the intervals, in 64ths of a step, and how many there were, which counts to 16: the mean takes so many in.
    reg [13:0] mean;
    reg [4:0] count;
    wire [4:0] counted = count[4] ? count : count + 1'b1;

    wire signed [14:0] over = {1'b0, interval, 6'b0} - {1'b0, mean};
    reg negative;
    reg [13:0] late; // its magnitude
    wire [13:0] part = count[4] ? late >> 4 : count[3] ? late >> 3 : count[2] ? late >> 2 : count[1] ? late >> 1 : late;

    // The byte is 32 * late / mean, bit by bit; above 127 it is 127. The rest stays below twice the divisor.
    wire [14:0] divisor = {mean, 1'b0};
    reg [15:0] rest;
    reg [6:0] quotient;
    wire enough = rest >= {1'b0, divisor};
    wire [15:0] left = enough ? rest - divisor : rest;
    wire [7:0] magnitude = {1'b0, quotient};
    reg [7:0] early;

    assign in_ready = phase == TAKE && !rst;
    assign out_valid = phase == GIVE && !rst;
    assign out_early = early;

    always @(posedge clk) begin
        turn <= turn + 1'b1;
        case (phase)
            TAKE: if (in_valid) begin
                since <= in_mark ? 8'd0 : longer;
                interval <= longer;
                begun <= begun || in_mark;
                phase <= in_mark && begun ? BEGIN : GIVE;
            end
            BEGIN: begin
                count <= counted;
                if (count == 0) mean <= {interval, 6'b0};
                phase <= COMPARE;
            end
            COMPARE: begin
                negative <= over[14];
                late <= over[14] ? -over[13:0] : over[13:0];
                rest <= {2'b0, over[14] ? -over[13:0] : over[13:0]};
                phase <= DIVIDE;
                turn <= 0;
            end
            DIVIDE: begin
                if (turn == 0 && rest[15:1] >= divisor) begin
                    quotient <= 127;
                    turn <= 7;
                end else if (turn < 7) begin
                    quotient <= {quotient[5:0], enough};
                    rest <= {left[14:0], 1'b0};
                end else begin
                    early <= negative ? -magnitude : magnitude;
                    mean <= negative ? mean - part : mean + part;
                    phase <= GIVE;
                end
            end
            GIVE: if (out_ready) phase <= TAKE;
            default: phase <= TAKE;
        endcase
        if (rst) begin
            phase <= TAKE;
            begun <= 0;
            since <= 0;
            count <= 0;
            early <= 0;
        end
    end
endmodule
