using Rlhf.Core;

namespace Rlhf.Models.Tokenization;

/// <summary>Checks that models which exchange token ids have the same tokenizer.</summary>
public static class TokenizerCompatibility
{
    /// <summary>Throws if the tokenizers of two models differ, because an id would be different tokens for them.</summary>
    /// <param name="one">a tokenizer</param>
    /// <param name="oneRole">its model, for the message: "the policy"</param>
    /// <param name="other">the tokenizer of a model that is given the same ids</param>
    /// <param name="otherRole">its model, for the message: "the reward model"</param>
    /// <exception cref="UserError">They differ; the message names both folders and the first difference.</exception>
    public static void Require(Tokenizer one, string oneRole, Tokenizer other, string otherRole)
    {
        if (one.Fingerprint == other.Fingerprint)
            return;
        throw new UserError($"{otherRole} ({other.Folder}) has another tokenizer than {oneRole} ({one.Folder}): {Difference(one, other)}; "
            + $"both must come from one model, because {otherRole} is given the token ids of {oneRole}");
    }

    /// <summary>The same for a model whose folder may not contain a tokenizer.</summary>
    /// <exception cref="UserError">They differ, or the folder has no tokenizer to compare.</exception>
    public static void Require(Tokenizer one, string oneRole, string otherFolder, string otherRole) =>
        Require(one, oneRole, Tokenizer.TryLoad(otherFolder) ?? throw new UserError(
            $"{otherRole} ({otherFolder}) has no tokenizer to compare with that of {oneRole} ({one.Folder}); copy the tokenizer that it "
            + "was trained with into its folder"),
            otherRole);

    private static string Difference(Tokenizer one, Tokenizer other)
    {
        for (int id = 0; id < Math.Max(one.VocabSize, other.VocabSize); id++)
        {
            string? mine = one.IdToTokenOrNull(id), theirs = other.IdToTokenOrNull(id);
            if (mine != theirs)
                return $"id {id} is {Quoted(theirs)} there and {Quoted(mine)} here";
        }
        return "the tokens are the same, but not the merges";
    }

    private static string Quoted(string? token) => token is null ? "no token" : $"'{JsonPlace.DisplayText(token)}'";
}
