// The front end of the ecg model: samples of one lead in, a fast and a slow slope out for every six of them. The same bits as slopes.c and
// internal/frontend/ecg.go, which says what is computed, step by step, and why nothing overflows.
//
// A sample is taken when in_valid and in_ready are 1, slopes when out_valid and out_ready are. With the sixth sample of a step it computes
// for at most 60 cycles, and takes no sample until its slopes are taken. rst, held for a cycle, forgets all samples.
module slopes (
    input  wire        clk,
    input  wire        rst,
    input  wire        in_valid,
    output wire        in_ready,
    input  wire [15:0] in_sample, // signed
    output wire        out_valid,
    input  wire        out_ready,
    output wire [7:0]  out_fast,  // signed, -127 to 127
    output wire [7:0]  out_slow
);
    localparam HOP = 6;   // samples of a step
    localparam SPAN = 5;  // steps that the slow slope compares with as many before
    localparam [24:0] LEAST_FAST = 256, LEAST_SLOW = 2048; // levels

    localparam [2:0] TAKE = 0, FIRST = 1, READ = 2, RISE = 3, SHIFT = 4, LEVEL = 5, DIVIDE = 6, GIVE = 7;
    reg [2:0] phase;
    reg [3:0] turn; // within a phase

    // The sum of the step at hand, and those of the ten steps before, the oldest at place.
    reg signed [18:0] sum, newest;
    reg signed [18:0] earlier [0:15];
    reg signed [18:0] read;
    reg [3:0] place;
    reg [2:0] filled;
    wire [3:0] middle = place < SPAN ? place + SPAN : place - SPAN;
    wire [3:0] address = phase == FIRST ? turn : phase == READ && turn == 0 ? middle : place;
    always @(posedge clk) begin
        if (phase == FIRST || phase == RISE)
            earlier[address] <= sum;
        read <= earlier[address];
    end

    // How many bits the number of steps has, which counts to 256: the mean that a level is takes so many steps in.
    reg [8:0] steps;
    reg [3:0] weight;
    wire [8:0] counted = steps + 1'b1;

    // One slope after the other: which is 1 for the slow one.
    reg which;
    reg signed [21:0] slow, rise;
    reg [24:0] level_fast, level_slow;
    reg [7:0] fast_byte, slow_byte;
    wire [24:0] level = which ? level_slow : level_fast;
    wire [24:0] least = which ? LEAST_SLOW : LEAST_FAST;
    wire [24:0] divisor = level > least ? level : least;

    wire negative = rise[21];
    wire [20:0] steep = negative ? -rise[20:0] : rise[20:0];
    // What the level has too little, or too much.
    wire signed [25:0] over = {1'b0, steep, 4'b0} - {1'b0, level};
    reg [24:0] part;
    reg less;

    // The byte is 64 * steep / divisor, bit by bit; above 127 it is 127. The rest stays below twice the divisor.
    reg [25:0] rest;
    reg [6:0] quotient;
    wire enough = rest >= {1'b0, divisor};
    wire [25:0] left = enough ? rest - divisor : rest;
    wire [7:0] magnitude = {1'b0, quotient};

    assign in_ready = phase == TAKE && !rst;
    assign out_valid = phase == GIVE && !rst;
    assign out_fast = fast_byte;
    assign out_slow = slow_byte;

    always @(posedge clk) begin
        turn <= turn + 1'b1;
        case (phase)
            TAKE: if (in_valid) begin
                sum <= sum + $signed(in_sample);
                filled <= filled + 1'b1;
                turn <= 0;
                if (filled == HOP - 1)
                    phase <= steps == 0 ? FIRST : READ;
            end
            FIRST: begin // before the first step it was as it is then
                newest <= sum;
                if (turn == 2 * SPAN - 1) begin
                    phase <= READ;
                    turn <= 0;
                end
            end
            READ: begin // the steps before the middle and the oldest one, a cycle after their addresses
                if (turn == 0) slow <= slow + sum;
                if (turn == 1) slow <= slow - (read <<< 1);
                if (turn == 2) begin
                    slow <= slow + read;
                    phase <= RISE;
                end
            end
            RISE: begin
                newest <= sum;
                sum <= 0;
                filled <= 0;
                place <= place == 2 * SPAN - 1 ? 0 : place + 1'b1;
                rise <= sum - newest;
                which <= 0;
                if (!steps[8]) begin
                    steps <= counted;
                    if (counted[weight])
                        weight <= weight + 1'b1;
                end
                phase <= LEVEL;
                turn <= 0;
            end
            LEVEL: begin
                part <= over[25] ? -over[24:0] : over[24:0];
                less <= over[25];
                phase <= SHIFT;
                turn <= 0;
            end
            SHIFT: if (turn < weight) begin
                part <= part >> 1;
            end else begin
                if (which) level_slow <= less ? level - part : level + part;
                else level_fast <= less ? level - part : level + part;
                rest <= {5'b0, steep};
                phase <= DIVIDE;
                turn <= 0;
            end
            DIVIDE: begin
                if (turn == 0 && rest[25:1] >= divisor) begin
                    quotient <= 127;
                    turn <= 7;
                end else if (turn < 7) begin
                    quotient <= {quotient[5:0], enough};
                    rest <= {left[24:0], 1'b0};
                end else begin
                    if (which) slow_byte <= negative ? -magnitude : magnitude;
                    else fast_byte <= negative ? -magnitude : magnitude;
                    rise <= slow;
                    which <= 1;
                    phase <= which ? GIVE : LEVEL;
                end
            end
            GIVE: if (out_ready) phase <= TAKE;
            default: phase <= TAKE;
        endcase
        if (rst) begin
            phase <= TAKE;
            sum <= 0;
            filled <= 0;
            place <= 0;
            steps <= 0;
            weight <= 0;
            slow <= 0;
            level_fast <= 0;
            level_slow <= 0;
        end
    end
endmodule
