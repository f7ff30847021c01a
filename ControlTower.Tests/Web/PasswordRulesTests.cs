using ControlTower.Web.Auth;
using Xunit;

namespace ControlTower.Tests.Web;

public sealed class PasswordRulesTests
{
    [Theory]
    [InlineData("short", "at least 12")]
    [InlineData("aaaaaaaaaaaa", "repeats")]
    [InlineData("abcabcabcabc", "repeats")]
    [InlineData("password1234", "most used")]
    [InlineData("123456789012", "Digits or runs")]
    [InlineData("abcdefghijklm", "Digits or runs")]
    [InlineData("20261126-1432", "Digits or runs")]
    [InlineData("Sunshine!2026", "most used")]
    [InlineData("controltower!!x9", "name of this product")]
    [InlineData("ida.holm likes tea", "your name or e-mail")]
    public void A_poor_password_is_refused_with_what_to_do(string password, string says) =>
        Assert.Contains(says, PasswordRules.Wrong(password, "ida.holm@test.example", "Ida Holm"), StringComparison.OrdinalIgnoreCase);

    [Theory]
    [InlineData("several brown horses")]
    [InlineData("hvar går du i kväll")]
    [InlineData("kE9#vq2!Lm0zTt")]
    public void A_good_password_is_taken(string password) => Assert.Null(PasswordRules.Wrong(password, "ida.holm@test.example", "Ida Holm"));

    [Fact]
    public void A_hash_of_another_cost_is_asked_to_be_made_anew()
    {
        var passwords = new Passwords();
        var old = new Microsoft.AspNetCore.Identity.PasswordHasher<object>(
            Microsoft.Extensions.Options.Options.Create(new Microsoft.AspNetCore.Identity.PasswordHasherOptions { IterationCount = 1000 })).HashPassword(new object(), "several brown horses");
        Assert.Equal(PasswordCheck.RightButOld, passwords.Check(old, "several brown horses"));
        Assert.Equal(PasswordCheck.Wrong, passwords.Check(old, "several brown horse"));
        Assert.Equal(PasswordCheck.Wrong, passwords.Check(null, "nobody has this password"));
    }
}
