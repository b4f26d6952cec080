namespace Rlhf.LabelingUi.Features.Account.Access;

/// <summary>The names of the authorization policies: signed in with at least this role.</summary>
public static class Policies
{
    public const string Annotator = nameof(AccountRole.Annotator);
    public const string Reviewer = nameof(AccountRole.Reviewer);
    public const string Researcher = nameof(AccountRole.Researcher);
    public const string Admin = nameof(AccountRole.Admin);

    /// <summary>A reviewer, or a client with the token of the hub.</summary>
    public const string Follow = nameof(Follow);
}
