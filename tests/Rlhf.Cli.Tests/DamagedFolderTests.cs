using System.Text;
using Rlhf.Core.Randomness;
using Rlhf.Testing;

namespace Rlhf.Cli.Tests;

/// <summary>Damaged model folders as commands: each is refused with exit code 2 and one line.</summary>
public sealed class DamagedFolderTests
{
    private const int Folders = 50;

    [Fact]
    public void Fifty_damaged_folders_are_refused()
    {
        string original = SharedData.Require("data/tiny-models/llama");
        string tokenizer = SharedData.Require("data/tokenizers/gpt2/tokenizer.json");
        var stream = new RandomStream(11, "damage");
        Parallel.For(0, Folders, new ParallelOptions { MaxDegreeOfParallelism = 2 }, i =>
        {
            using var folder = new TemporaryFolder();
            foreach (string name in new[] { "config.json", "model.safetensors" })
                File.WriteAllBytes(folder[name], File.ReadAllBytes(Path.Combine(original, name)));
            File.WriteAllBytes(folder["tokenizer.json"], File.ReadAllBytes(tokenizer));
            Damage(folder, i, stream);
            RlhfProgram.Refused("score", "--model", folder.Path, "--ids", "1,2,3", "--json");
        });
    }

    // Each in a way that no reader may let pass, at a place that differs from folder to folder.
    private static void Damage(TemporaryFolder folder, int number, RandomStream stream)
    {
        string weights = folder["model.safetensors"], config = folder["config.json"], tokenizer = folder["tokenizer.json"];
        int Place(int bound) => stream.Below(bound, (uint)number);
        switch (number % 10)
        {
            case 0:
                Edit(weights, bytes => bytes[..Place(bytes.Length)]);
                break;
            case 1:
                Edit(weights, bytes => [.. bytes, .. new byte[1 + Place(100)]]);
                break;
            case 2:
                Edit(weights, bytes => [.. BitConverter.GetBytes(ulong.MaxValue - (ulong)Place(1000)), .. bytes[8..]]);
                break;
            case 3:
                EditText(weights, "\"F32\"", Place(2) == 0 ? "\"F64\"" : "\"I08\"");
                break;
            case 4:
                EditText(weights, "data_offsets\":[0,", "data_offsets\":[4,");
                break;
            case 5:
                Edit(config, bytes => bytes[..Place(bytes.Length - 2)]);
                break;
            case 6:
                EditText(config, "\"hidden_size\": ", Place(2) == 0 ? "\"hidden_size\": -" : "\"hidden_size\": 9999999");
                break;
            case 7:
                EditText(config, "\"model_type\": \"llama\"", $"\"model_type\": \"unknown{Place(100)}\"");
                break;
            case 8:
                Edit(tokenizer, bytes => bytes[..Place(bytes.Length - 2)]);
                break;
            default:
                File.Delete(Place(2) == 0 ? weights : config);
                break;
        }
    }

    private static void Edit(string file, Func<byte[], byte[]> change) => File.WriteAllBytes(file, change(File.ReadAllBytes(file)));

    private static void EditText(string file, string old, string replacement)
    {
        string text = Encoding.Latin1.GetString(File.ReadAllBytes(file));
        int at = text.IndexOf(old, StringComparison.Ordinal);
        Assert.True(at >= 0, $"{file} holds no {old}");
        File.WriteAllBytes(file, Encoding.Latin1.GetBytes(text[..at] + replacement + text[(at + old.Length)..]));
    }
}
