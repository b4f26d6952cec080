using CsCheck;
using Rlhf.Pipeline.Runs;

namespace Rlhf.Pipeline.Tests.Runs;

public sealed class RunIdsTests
{
    [Fact]
    public void The_run_of_a_stage_is_a_version_7_id_with_the_time_of_its_pipeline_run() =>
        Gen.Select(Gen.Long[0, 1L << 42], Gen.Int[0, 50]).Sample((milliseconds, position) =>
        {
            var time = DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
            var pipeline = Guid.CreateVersion7(time);
            var run = RunIds.ForStage(pipeline, position);
            return run.Version == 7
                && run.ToByteArray(bigEndian: true).AsSpan(0, 6).SequenceEqual(pipeline.ToByteArray(bigEndian: true).AsSpan(0, 6))
                && run == RunIds.ForStage(pipeline, position)
                && run != RunIds.ForStage(pipeline, position + 1)
                && run != RunIds.ForStage(Guid.CreateVersion7(time), position);
        });
}
