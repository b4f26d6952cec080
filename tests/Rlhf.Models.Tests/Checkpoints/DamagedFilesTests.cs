using System.Diagnostics;
using System.Text;
using Rlhf.Core;
using Rlhf.Core.Randomness;
using Rlhf.Models.Checkpoints;
using Rlhf.Models.Generation;
using Rlhf.Testing;
using static TorchSharp.torch;

namespace Rlhf.Models.Tests.Checkpoints;

/// <summary>10,000 damaged model folders in one process: each loads (and then also computes), or is refused with one line.</summary>
public sealed class DamagedFilesTests
{
    private const int Files = 10_000;
    private const long MemoryRoom = 256L << 20;

    private static readonly string[] Poison =
    [
        "-1", "0", "1", "2", "3", "134217728", "4294967296", "9223372036854775807", "18446744073709551616", "1e999", "-1e999", "NaN",
            "Infinity", "1.5", "null",
        "true", "\"\"", "\"../x\"", "\"/etc/passwd\"", "\"\\ud800\"", "\"\\u0000\"", "[]", "{}", "[[[[]]]]", "\"F64\"", "\"I8\"",
            "\"llama\"", "\"gpt2\"", "\n", ",", "}", "]", "\"",
    ];

    [Fact]
    public void Ten_thousand_damaged_files_each_load_or_are_refused_with_one_line()
    {
        using var folder = new TemporaryFolder();
        string[] models = [folder["llama"], folder["gpt2"], folder["sharded"], folder["reward"]];
        Tiny(models);
        var draws = new RandomStream(11, "damage");
        int loaded = 0, refused = 0;
        long before = Process.GetCurrentProcess().PeakWorkingSet64;
        var kinds = new HashSet<string>();
        for (uint i = 0; i < Files; i++)
        {
            string model = models[draws.Below(models.Length, i)];
            string[] files = [.. Directory.GetFiles(model).Order(StringComparer.Ordinal)];
            string file = files[draws.Below(files.Length, i, 1)];
            byte[] whole = File.ReadAllBytes(file);
            File.WriteAllBytes(file, Damage(whole, draws, i));
            try
            {
                Load(model);
                loaded++;
            }
            catch (UserError e)
            {
                Assert.True(e.Message.Length is > 0 and < 2000 && !e.Message.Any(char.IsControl), $"damage {i} "
                    + $"of {Path.GetFileName(file)}: not one line: {e.Message}");
                kinds.Add(e.Message.Split(": ")[^1].Split(" ")[0] + e.Message.Split(" ")[^1]);
                refused++;
            }
            catch (Exception e)
            {
                Assert.Fail($"damage {i} of {Path.GetFileName(file)}: {e}");
            }
            finally
            {
                File.WriteAllBytes(file, whole);
            }
        }
        Assert.True(loaded > Files / 50 && refused > Files / 2, $"{loaded} loaded, {refused} were refused: the damage is of too few kinds");
        Assert.True(kinds.Count > 30, $"{kinds.Count} kinds of messages");
        var self = Process.GetCurrentProcess();
        Assert.True(self.PeakWorkingSet64 - before < MemoryRoom, $"the peak grew by {(self.PeakWorkingSet64 - before) >> 20} MiB");
        foreach (string model in models)
            Load(model);
    }

    private static void Load(string model)
    {
        if (Path.GetFileName(model) == "reward")
        {
            using var scalar = ModelFolder.LoadScalarModel(model, CPU, ScalarType.Float32);
            Scoring.Score(scalar, [0, 1]);
        }
        else
        {
            using var causal = ModelFolder.LoadCausalLm(model, CPU, ScalarType.Float32);
            Scoring.Score(causal, [0, 1]);
        }
    }

    private static byte[] Damage(byte[] whole, RandomStream draws, uint file)
    {
        List<byte> bytes = [.. whole];
        int times = 1 + draws.Below(3, file, 2);
        for (uint n = 0; n < times && bytes.Count > 0; n++)
        {
            // Most of it within the header, where every byte means something.
            int reach = draws.Below(4, file, 3, n) == 0 ? bytes.Count : Math.Min(bytes.Count, 1200);
            int at = draws.Below(reach, file, 4, n);
            switch (draws.Below(9, file, 5, n))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << draws.Below(8, file, 6, n));
                    break;
                case 1:
                    bytes[at] = (byte)draws.Bits(file, 6, n);
                    break;
                case 2:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(1 + draws.Below(40, file, 6, n), bytes.Count - at)));
                    break;
                case 4:
                    bytes.RemoveRange(at, Math.Min(1 + draws.Below(40, file, 6, n), bytes.Count - at));
                    break;
                case 5:
                    bytes.AddRange(Encoding.ASCII.GetBytes(new string('x', 1 + draws.Below(64, file, 6, n))));
                    break;
                case 6:
                    for (int i = 0; i < Math.Min(8, bytes.Count); i++)
                        bytes[i] = (byte)(draws.Bits(file, 6, n, (uint)i) & (i < draws.Below(9, file, 7, n) ? 0xffu : 0));
                    break;
                default:
                    ReplaceValue(bytes, at, Poison[draws.Below(Poison.Length, file, 6, n)], draws.Below(3, file, 7, n) == 0);
                    break;
            }
        }
        return [.. bytes];
    }

    /// <summary>Puts a text in the place of the JSON value that follows, and mends the header's length after it where told.</summary>
    private static void ReplaceValue(List<byte> bytes, int at, string text, bool breakLength)
    {
        int start = bytes.FindIndex(at, b => b is (byte)':' or (byte)'[' or (byte)',') + 1;
        if (start == 0)
            return;
        int end = bytes.FindIndex(start, b => b is (byte)',' or (byte)']' or (byte)'}' or (byte)'\n');
        if (end < 0)
            return;
        bytes.RemoveRange(start, end - start);
        bytes.InsertRange(start, Encoding.UTF8.GetBytes(text));
        bool header = bytes.Count > 16 && bytes[8] == '{' && bytes[7] == 0;
        if (header && !breakLength)
        {
            ulong length = BitConverter.ToUInt64([.. bytes.GetRange(0, 8)]) + (ulong)(text.Length - (end - start));
            byte[] mended = BitConverter.GetBytes(length);
            for (int i = 0; i < 8; i++)
                bytes[i] = mended[i];
        }
    }

    private static void Tiny(string[] folders)
    {
        var config = ModelConfig.CreateLlama(
            6, hiddenSize: 4, layers: 1, heads: 2, kvHeads: 1, intermediateSize: 4, maxPositions: 8, eosIds: [2], padId: 0);
        using var llama = SmallModels.Create(config);
        ModelFolder.Save(llama, folders[0]);
        File.WriteAllText(Path.Combine(folders[0], "generation_config.json"), """{"eos_token_id": [2, 3]}""");
        using var gpt2 = SmallModels.Create(SmallModels.Gpt2(positions: 4));
        ModelFolder.Save(gpt2, folders[1]);
        ShardsTests.Shard(llama, folders[2]);
        using var reward = ScalarModel.FromCausalLm(llama, new RandomStream(1, "head"));
        ModelFolder.Save(reward, folders[3]);
    }
}
