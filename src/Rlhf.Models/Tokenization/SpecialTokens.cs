using Rlhf.Core;
using Rlhf.Core.Files;

namespace Rlhf.Models.Tokenization;

/// <summary>The special tokens of tokenizer_config.json, special_tokens_map.json and config.json.</summary>
internal sealed record SpecialTokens
{
    private const int NamedRoles = 7;

    private static readonly string[] Roles = ["bos_token", "eos_token", "pad_token", "unk_token", "cls_token", "sep_token", "mask_token"];

    /// <summary>Text of the token by role: "bos_token" and so on.</summary>
    public required IReadOnlyDictionary<string, string> ByRole { get; init; }

    /// <summary>Ids by role from config.json, for roles without a token: "bos_token" and so on.</summary>
    public required IReadOnlyDictionary<string, int> IdsByRole { get; init; }

    /// <summary>The tokens in added_tokens_decoder, additional_special_tokens and added_tokens.json.</summary>
    public required IReadOnlyList<AddedToken> Added { get; init; }

    public bool? AddBos { get; init; }

    public bool? AddEos { get; init; }

    public string TokenizerClass { get; init; } = "";

    public static SpecialTokens Read(TokenizerFiles files, BpeModel model)
    {
        var byRole = new Dictionary<string, string>(NamedRoles);
        var ids = new Dictionary<string, int>();
        var added = new List<AddedToken>();
        var result = new SpecialTokens { ByRole = byRole, IdsByRole = ids, Added = added };
        files.Read(TokenizerFiles.AddedTokens, root =>
        {
            foreach (var (content, id) in root.Entries())
                added.Add(new AddedToken(EscapedText.FromString(content), id.AsCount(), Normalized: true, Special: false));
            return true;
        });
        files.Read(TokenizerFiles.SpecialTokensMap, root =>
        {
            ReadRoles(root, byRole);
            return true;
        });
        result = files.Read(TokenizerFiles.Config, root =>
        {
            ReadRoles(root, byRole);
            if (root.Find("added_tokens_decoder") is { } decoder)
            {
                foreach (var (name, token) in decoder.Entries())
                {
                    int id = int.TryParse(name, out int number) && number >= 0 ? number : throw decoder.Wrong("tokens by id");
                    added.Add(TokenizerJson.ReadAddedToken(token, model, id));
                }
            }
            return result with
            {
                AddBos = root.Find("add_bos_token") is null ? null : root.Flag("add_bos_token"),
                AddEos = root.Find("add_eos_token") is null ? null : root.Flag("add_eos_token"),
                TokenizerClass = root.Text("tokenizer_class", ""),
            };
        }) ?? result;
        files.Read(TokenizerFiles.ModelConfig, root =>
        {
            foreach (string role in Roles)
            {
                if (FirstId(root.Find(role + "_id")) is { } id)
                    ids[role] = id;
            }
            return true;
        });
        return result;
    }

    private static void ReadRoles(JsonPlace root, Dictionary<string, string> byRole)
    {
        foreach (string role in Roles)
        {
            // A token is given as a string, or as the object of an added token.
            if (root.Find(role) is { } token)
                byRole[role] = EscapedText.FromString(token.IsObject ? token.Text("content") : token.AsText());
        }
    }

    // config.json belongs to the model: it often has a list of EOS ids, and invalid ids are reported when the model is loaded.
    private static int? FirstId(JsonPlace? place) => place switch
    {
        { Element.ValueKind: System.Text.Json.JsonValueKind.Number } p when p.Element.TryGetInt32(out int id) && id >= 0 => id,
        { Element.ValueKind: System.Text.Json.JsonValueKind.Array } p => p.Items().Select(item => FirstId(item)).FirstOrDefault(),
        _ => null,
    };
}

/// <summary>The files of a tokenizer, kept in memory so that they can be saved unchanged.</summary>
internal sealed class TokenizerFiles(string folder, IReadOnlyDictionary<string, byte[]> contents)
{
    public const string Tokenizer = "tokenizer.json";
    public const string Vocabulary = "vocab.json";
    public const string Merges = "merges.txt";
    public const string Config = "tokenizer_config.json";
    public const string SpecialTokensMap = "special_tokens_map.json";
    public const string AddedTokens = "added_tokens.json";
    public const string ModelConfig = "config.json";

    /// <summary>The files that belong only to the tokenizer.</summary>
    public static readonly IReadOnlyList<string> Own = [Tokenizer, Vocabulary, Merges, Config, SpecialTokensMap, AddedTokens];

    // The largest tokenizer files in use have 35 MB.
    private const long MaxBytes = 512L << 20;

    public string Folder => folder;

    public IReadOnlyDictionary<string, byte[]> Contents => contents;

    public static TokenizerFiles Load(string folder)
    {
        if (!Directory.Exists(folder))
            throw new UserError(File.Exists(folder) ? $"{folder} is a file; a folder with a model is needed" : "there is no "
                + $"folder {folder}");
        var contents = new Dictionary<string, byte[]>();
        foreach (string name in Own.Append(ModelConfig))
        {
            string path = Path.Combine(folder, name);
            if (File.Exists(path))
                contents[name] = RegularFile.ReadAllBytes(path, MaxBytes);
        }
        return new TokenizerFiles(folder, contents);
    }

    public bool Has(string name) => contents.ContainsKey(name);

    public string PathOf(string name) => Path.Combine(folder, name);

    /// <summary>Reads a file if it exists, else returns null.</summary>
    public T? Read<T>(string name, Func<JsonPlace, T> read) =>
        contents.TryGetValue(name, out byte[]? bytes) ? JsonPlace.Read(PathOf(name), bytes, read) : default;
}
