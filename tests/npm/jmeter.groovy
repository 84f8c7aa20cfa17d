// SPDX-License-Identifier: Apache-2.0
// Runs a script as a JSR223 PreProcessor in JMeter's engine, four threads of five requests each, and prints the replies.
// The plan is built here: the JMeter of Debian 12 cannot read one from a file (its XStream forbids the classes).
//   groovy -cp JARS jmeter.groovy SCRIPT PORT APPID SECRET
import org.apache.jmeter.config.Arguments
import org.apache.jmeter.control.LoopController
import org.apache.jmeter.engine.StandardJMeterEngine
import org.apache.jmeter.modifiers.JSR223PreProcessor
import org.apache.jmeter.protocol.http.control.*
import org.apache.jmeter.protocol.http.sampler.HTTPSamplerProxy
import org.apache.jmeter.reporters.ResultCollector
import org.apache.jmeter.samplers.SampleEvent
import org.apache.jmeter.testelement.*
import org.apache.jmeter.threads.ThreadGroup
import org.apache.jmeter.util.JMeterUtils
import org.apache.jorphan.collections.ListedHashTree
import org.apache.jorphan.logging.LoggingManager

class Printer extends ResultCollector {
  void sampleOccurred(SampleEvent event) { println event.result.responseDataAsString }
}

def (script, port, appId, secret) = args
JMeterUtils.setJMeterHome("/usr/share/jmeter")
JMeterUtils.loadJMeterProperties("/usr/share/jmeter/bin/jmeter.properties")
JMeterUtils.setProperty("saveservice_properties", "/bin/saveservice.properties")
JMeterUtils.setProperty("log_file", "") // the log goes to the screen
LoggingManager.initializeLogging(JMeterUtils.JMeterProperties)
LoggingManager.setPriority("ERROR")
JMeterUtils.initLocale()

def variables = new Arguments()
variables.addArgument("appId", appId)
variables.addArgument("secret", secret)
def loop = new LoopController(loops: 5, continueForever: false)
def sampler = new HTTPSamplerProxy(domain: "127.0.0.1", port: port as int, path: "/api/Users/GetUserInfo", method: "POST", postBodyRaw: true)
sampler.addNonEncodedArgument("", '{"UserCode":"U0001"}', "")
def headers = new HeaderManager()
headers.setProperty(TestElement.GUI_CLASS, "org.apache.jmeter.protocol.http.gui.HeaderPanel") // a sampler takes only what says so
def sent = [AccessToken: '${accessToken}', Authorization: '${authorization}', Accept: "application/json", "Content-Type": "application/json;charset=utf-8"]
sent.each { name, value -> headers.add(new Header(name, value)) }
def sign = new JSR223PreProcessor()
[scriptLanguage: "groovy", script: new File(script).text].each { name, value -> sign.setProperty(name, value) }

def plan = new ListedHashTree()
def threads = plan.add(new TestPlan(name: "plan", userDefinedVariables: variables)).add(new ThreadGroup(name: "threads", numThreads: 4, rampUp: 0, samplerController: loop))
def request = threads.add(sampler)
[headers, sign, new Printer()].each { request.add(it) }
def engine = new StandardJMeterEngine()
engine.configure(plan)
engine.run()
