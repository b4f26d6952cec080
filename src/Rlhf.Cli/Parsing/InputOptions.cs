using System.CommandLine;
using System.Globalization;
using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Definitions.Binding;
using Rlhf.Models.Checkpoints;
using Rlhf.Models.Native;
using TorchSharp;

namespace Rlhf.Cli.Parsing;

/// <summary>The options that several verbs share, and how they are read.</summary>
internal static class InputOptions
{
    public static Option<string> Model() => new("--model")
    {
        Description = "A model folder in the Hugging Face layout.",
        HelpName = "DIR",
        Required = true,
    };

    public static Option<string?> Ids(string description) => new("--ids") { Description = description, HelpName = "1,5,9" };

    public static Option<bool> Json() => new("--json") { Description = "Prints the result as one line of JSON." };

    public static Option<string> Device() => new("--device")
    {
        Description = "The device to compute on: auto (CUDA if present), cpu, cuda or cuda:n.",
        HelpName = "DEVICE",
        DefaultValueFactory = _ => "auto",
    };

    public static Option<int> Threads() => NumberOptions.Integer("--threads", "Threads on the CPU; 0 leaves the choice to libtorch.", 0);

    /// <summary>Refuses none and more than one of several options that stand for the same thing.</summary>
    public static void RequireOne(ParseResult parse, params Option[] options)
    {
        string names = string.Join(", ", options.SkipLast(1).Select(o => o.Name)) + " or " + options[^1].Name;
        switch (options.Count(o => parse.GetResult(o) is { Implicit: false }))
        {
            case 0:
                throw new UserError($"one of {names} is needed");
            case > 1:
                throw new UserError($"only one of {names} can be given");
        }
    }

    /// <summary>Ids as "1,5,9"; an empty text gives none.</summary>
    public static int[] ParseIds(string list) => string.IsNullOrWhiteSpace(list)
        ? []
        : [.. list.Split(',').Select(part =>
            int.TryParse(
                part, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out int id)
            ? id
            : throw new UserError($"--ids: '{JsonLine.Escaped(part)}' is not a token id; write ids as in 1,5,9"))];

    /// <summary>Refuses what the model cannot read: ids beyond its vocabulary, and more of them than it has positions.</summary>
    public static void Check(int[] ids, ModelConfig config, string folder)
    {
        foreach (int id in ids)
        {
            if (id >= config.VocabSize)
                throw new UserError($"token id {id} is beyond the vocabulary of {folder}: its ids are 0 to {config.VocabSize - 1}");
        }
        config.CheckLength(ids.Length);
    }

    /// <summary>
    /// Checks an options record as pipeline files are checked; <paramref name="names"/> maps its keys to options of the command line.
    /// </summary>
    public static void Check(object options, IReadOnlyDictionary<string, string> names)
    {
        if (OptionBinder.FindFault(options) is { } fault)
        {
            throw new UserError(fault.Key.Length == 0 ? fault.Complaint
                : $"{fault.Key} {fault.Complaint}{(names.TryGetValue(fault.Key, out string? name) ? $" ({name})" : "")}");
        }
    }

    /// <summary>Where and how to compute: libtorch loaded, threads set.</summary>
    public static (torch.Device Device, torch.ScalarType Dtype) Compute(string device, Dtype dtype, int threads)
    {
        if (device == "meta")
            throw new UserError("--device meta computes nothing; use auto, cpu, cuda or cuda:n");
        if (threads is < 0 or > 1024)
            throw new UserError($"--threads must be between 0 and 1024; got {threads}");
        torch.Device where = Devices.Resolve(device);
        Devices.UseThreads(threads);
        return (where, Devices.Resolve(dtype, where));
    }
}
