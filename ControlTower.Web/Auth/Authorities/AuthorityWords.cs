namespace ControlTower.Web.Auth.Authorities;

/// <summary>What a person is told when the authority's word did not open the tower.</summary>
internal static class AuthorityWords
{
    public static (string Title, string Text)? Of(AuthorityTrouble trouble, AuthOptions options) => trouble switch
    {
        AuthorityTrouble.Away => ($"{Capital(options.Name)} gives no answer.", options.LocalSignIn ? "Nothing was changed. Try again in a moment, or sign in with a local account." : "Nothing was changed. Try again in a moment."),
        AuthorityTrouble.Refused => ("That sign-in could not be trusted.", "The answer was old, was used before, or does not belong to this browser. Nothing was changed. Start again."),
        AuthorityTrouble.NoRole => ("You have no role in this tower.", "You were recognised, but none of your roles and groups there means one here. No account was made. Ask whoever looks after your work account for a role."),
        AuthorityTrouble.NoEmail => ("Your work account has no e-mail address.", "The tower needs one to reach you. No account was made. Ask whoever looks after your work account to add it."),
        AuthorityTrouble.Taken => ("Somebody has your e-mail address here.", "A sign-in never takes over an account that is there already. If it is yours, ask an admin to link it to your work account."),
        AuthorityTrouble.Disabled => ("Your account is disabled.", "Ask an admin of this tower."),
        AuthorityTrouble.Unlinked => ("Your work account was unlinked here.", "It opened an account once, so it makes no other one. No account was made. Ask an admin to link it again."),
        AuthorityTrouble.LastAdmin => ("You are the last admin here, and no admin there.", "Your role was taken from you at your work account. Make another admin first, or have it given back."),
        AuthorityTrouble.NotProven => ("That did not show that it is you.", "Sign in there as the person who is signed in here, anew. Nothing was changed."),
        AuthorityTrouble.NoTime => ("It cannot be seen when you showed that it is you.", "Your work account says who you are and not since when. Whoever looks after it must add the claim auth_time to the ID token. Nothing was changed."),
        AuthorityTrouble.AnotherPerson => ("Somebody else is signed in here.", "You came back from there as another person than the one who is signed in at this browser. Nothing was changed. Sign out first if you mean to sign in as them."),
        _ => null,
    };

    private static string Capital(string words) => words.Length == 0 ? words : char.ToUpperInvariant(words[0]) + words[1..];
}
