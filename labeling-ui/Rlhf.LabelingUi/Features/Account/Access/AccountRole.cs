namespace Rlhf.LabelingUi.Features.Account.Access;

/// <summary>What an account may do. Each role may also do what the roles before it may.</summary>
public enum AccountRole
{
    /// <summary>Answers tasks, and sees their own answers.</summary>
    Annotator,

    /// <summary>Reviews answers and adjudicates.</summary>
    Reviewer,

    /// <summary>Makes projects, exports them, and starts training.</summary>
    Researcher,

    /// <summary>Manages accounts.</summary>
    Admin,
}
