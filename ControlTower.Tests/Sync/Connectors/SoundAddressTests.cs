using System.Net;
using ControlTower.Sync.Connectors;
using Xunit;

namespace ControlTower.Tests.Sync.Connectors;

public sealed class SoundAddressTests
{
    [Theory]
    [InlineData("https://shop.example.com")]
    [InlineData("https://erp.corp.example:8443/tryton")]
    [InlineData("https://10.1.2.3")]
    [InlineData("http://127.0.0.1:8000")]
    [InlineData("http://localhost:8000")]
    public void An_https_address_or_one_on_this_machine_passes(string address) => Assert.Null(SoundAddress.Wrong(address));

    [Theory]
    [InlineData("shop.example.com", "absolute")]
    [InlineData("/admin", "absolute")]
    [InlineData("http://shop.example.com", "Use https")]
    [InlineData("ftp://shop.example.com", "https")]
    [InlineData("file:///etc/passwd", "absolute")]
    [InlineData("https://tess:pass@shop.example.com", "user and password")]
    [InlineData("https://shop.example.com?x=1", "?")]
    [InlineData("https://shop.example.com#x", "#")]
    [InlineData("https://169.254.169.254", "metadata")]
    [InlineData("https://2852039166", "metadata")]
    [InlineData("https://0xA9FEA9FE", "metadata")]
    [InlineData("https://[::ffff:169.254.169.254]", "metadata")]
    [InlineData("https://[fe80::1]", "metadata")]
    [InlineData("https://[64:ff9b::a9fe:a9fe]", "metadata")]
    [InlineData("https://[fd00:ec2::254]", "metadata")]
    [InlineData("https://metadata.google.internal.", "metadata")]
    [InlineData("https://METADATA", "metadata")]
    [InlineData("https://100.100.100.200", "metadata")]
    [InlineData("https://0.0.0.0", "metadata")]
    public void Any_other_is_refused_with_what_to_do(string address, string word) => Assert.Contains(word, SoundAddress.Wrong(address) ?? "(passes)", StringComparison.Ordinal);

    [Theory]
    [InlineData("127.0.0.1", false)]
    [InlineData("192.168.1.10", false)]
    [InlineData("2001:db8::1", false)]
    [InlineData("169.254.1.1", true)]
    [InlineData("224.0.0.1", true)]
    [InlineData("::", true)]
    [InlineData("ff02::1", true)]
    public void What_a_name_led_to_is_judged_by_its_address(string address, bool kept) => Assert.Equal(kept, SoundAddress.IsKept(IPAddress.Parse(address)));
}
