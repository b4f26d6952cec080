using System.Security.Cryptography;

namespace Rlhf.Pipeline.Runs;

/// <summary>
/// The id of a stage's run as a function of its pipeline run: a command delivered twice, or a restarted hub, names the same run.
/// </summary>
public static class RunIds
{
    private const int TimeBytes = 6;

    /// <summary>A UUIDv7 with the pipeline run's time; its random bits are SHA-256(pipeline run, place of the stage).</summary>
    public static Guid ForStage(Guid pipelineRun, int position)
    {
        byte[] id = pipelineRun.ToByteArray(bigEndian: true);
        byte[] hash = SHA256.HashData([.. id, .. BitConverter.GetBytes(position)]);
        hash.AsSpan(0, id.Length - TimeBytes).CopyTo(id.AsSpan(TimeBytes));
        id[6] = (byte)((id[6] & 0x0F) | 0x70);
        id[8] = (byte)((id[8] & 0x3F) | 0x80);
        return new Guid(id, bigEndian: true);
    }
}
